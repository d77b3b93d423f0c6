using System.CommandLine;
using SafeDiffusion.Guidance.SafeLatent;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that make a safety policy: a file, or one concept and a method.</summary>
internal sealed class PolicyOptions
{
    private readonly Option<string?> _policy = new("--policy") { Description = "A safety policy as JSON (docs/policy.md)." };

    private readonly Option<string?> _avoid = new("--avoid") { Description = "A concept to keep out of the picture, used word for word." };

    private readonly Option<string> _method = new("--method")
    {
        Description = "The method for --avoid; in short: sld or negative.",
        HelpName = "safe-latent|negative-prompt",
        DefaultValueFactory = _ => SafeLatentGuidance.MethodName,
    };

    private readonly Option<string?> _preset = new("--preset") { Description = "The preset of safe-latent (default: medium).", HelpName = "weak|medium|strong|max" };

    public void AddTo(Command command)
    {
        command.Options.Add(_policy);
        command.Options.Add(_avoid);
        command.Options.Add(_method);
        command.Options.Add(_preset);
    }

    /// <exception cref="InvalidRequestException">The options contradict each other, or a name is unknown.</exception>
    /// <exception cref="InvalidPolicyException">The policy file is not a policy.</exception>
    public SafetyPolicy Policy(ParseResult parsed)
    {
        string? file = parsed.GetValue(_policy);
        string? concept = parsed.GetValue(_avoid);
        string? preset = parsed.GetValue(_preset);
        if (concept is null)
        {
            if (preset is not null || parsed.GetResult(_method) is { Implicit: false })
            {
                throw new InvalidRequestException("--method, --preset", "say how to avoid a concept; name it with --avoid.");
            }
            return file is null ? SafetyPolicy.Empty : SafetyPolicy.Load(file);
        }
        if (file is not null) throw new InvalidRequestException("--policy", "and --avoid exclude each other; put the concept into the policy.");
        return parsed.GetRequiredValue(_method) switch
        {
            SafeLatentGuidance.MethodName or "sld" => SafetyPolicy.Empty.AddSafeLatent(concept, Preset(preset)),
            Guidance.ClassifierFree.NegativePromptProtection.MethodName or "negative" when preset is null => SafetyPolicy.Empty.AddNegativePrompt(concept),
            Guidance.ClassifierFree.NegativePromptProtection.MethodName or "negative" => throw new InvalidRequestException("--preset", "belongs to safe-latent; a negative prompt has none."),
            var other => throw new InvalidRequestException("--method", $"is '{other}'; known are safe-latent (sld) and negative-prompt (negative)."),
        };
    }

    private static SafeLatentPreset Preset(string? name) => name?.ToLowerInvariant() switch
    {
        null or "medium" => SafeLatentPreset.Medium,
        "weak" => SafeLatentPreset.Weak,
        "strong" => SafeLatentPreset.Strong,
        "max" => SafeLatentPreset.Max,
        _ => throw new InvalidRequestException("--preset", $"is '{name}'; known are weak, medium, strong and max."),
    };
}
