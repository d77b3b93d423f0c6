using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.NegativePrompt;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Methods.Trajectory;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that make a safety policy: a file, or one concept and a method.</summary>
internal sealed class PolicyOptions
{
    private readonly Option<string?> _policy = new("--policy") { Description = "A safety policy as JSON (docs/policy.md)." };

    private readonly Option<string?> _avoid = new("--avoid") { Description = "A concept to keep out of the picture, used word for word." };

    private readonly Option<string> _method = new("--method")
    {
        Description = "The method for --avoid; in short: sld, negative, sega, sce, steering or dag.",
        HelpName = "safe-latent|negative-prompt|semantic|surgical-erasing|trajectory-steering|detect-and-guide",
        DefaultValueFactory = _ => SafeLatentGuidance.MethodName,
    };

    private readonly Option<string?> _instead = new("--instead")
    {
        Description = "What to move to instead of what --avoid names; needed by trajectory-steering, possible with semantic and surgical-erasing.",
    };

    private readonly Option<string?> _guideline = new("--guideline") { Description = "The guideline's file; needed by detect-and-guide, which then knows what to avoid." };

    private readonly Option<string?> _preset = new("--preset") { Description = "The preset of safe-latent (default: medium) or detect-and-guide (default: early).", HelpName = "weak|medium|strong|max|early|published" };

    private readonly Option<string?> _whenDetected = new("--when-detected")
    {
        Description = "What to do with a finished picture that still shows a concept, by detect-and-guide or a --checker; regenerate draws it again up to twice, then withholds it.",
        HelpName = "flag|blur|withhold|regenerate",
    };

    /// <summary>The files that are read; null where one was not given.</summary>
    public IEnumerable<string?> Inputs(ParseResult parsed) => [parsed.GetValue(_policy), parsed.GetValue(_guideline)];

    public void AddTo(Command command)
    {
        command.Options.Add(_policy);
        command.Options.Add(_avoid);
        command.Options.Add(_method);
        command.Options.Add(_instead);
        command.Options.Add(_guideline);
        command.Options.Add(_preset);
        command.Options.Add(_whenDetected);
    }

    /// <exception cref="InvalidRequestException">The options contradict each other, or a name is unknown.</exception>
    /// <exception cref="InvalidPolicyException">The policy file is not a policy.</exception>
    /// <exception cref="InvalidFileException">A file is missing or damaged.</exception>
    public SafetyPolicy Policy(ParseResult parsed)
    {
        SafetyPolicy policy = Protections(parsed);
        if (parsed.GetValue(_whenDetected) is not { } action) return policy;
        if (policy.Remedy is not null) throw new InvalidRequestException("--when-detected", "is said by the policy already. Leave it to one of them.");
        return policy.WhenStillDetected(Action(action));
    }

    private SafetyPolicy Protections(ParseResult parsed)
    {
        string? file = parsed.GetValue(_policy);
        if (parsed.GetValue(_guideline) is { } guideline)
        {
            return file is null ? Detect(parsed, guideline) : throw new InvalidRequestException("--policy", "and --guideline exclude each other; name the guideline in the policy.");
        }
        if (parsed.GetValue(_avoid) is not { } concept)
        {
            if (parsed.GetValue(_preset) is not null || parsed.GetValue(_instead) is not null || parsed.GetResult(_method) is { Implicit: false })
            {
                throw new InvalidRequestException("--method, --instead, --preset", "say how to avoid a concept; name it with --avoid.");
            }
            return file is null ? SafetyPolicy.Empty : SafetyPolicy.Load(file);
        }
        if (file is not null) throw new InvalidRequestException("--policy", "and --avoid exclude each other; put the concept into the policy.");
        return Avoid(concept, parsed.GetRequiredValue(_method), parsed.GetValue(_instead), parsed.GetValue(_preset));
    }

    private SafetyPolicy Detect(ParseResult parsed, string guideline)
    {
        if (parsed.GetResult(_method) is { Implicit: false } && FullName(parsed.GetRequiredValue(_method)) != DetectionGuidance.MethodName)
        {
            throw new InvalidRequestException("--guideline", "belongs to detect-and-guide. Name that method, or none.");
        }
        if (parsed.GetValue(_instead) is not null) throw new InvalidRequestException("--instead", "does not go with detect-and-guide, which moves to nothing.");
        DetectAndGuidePreset preset = parsed.GetValue(_preset)?.ToLowerInvariant() switch
        {
            null or "early" => DetectAndGuidePreset.Early,
            "published" => DetectAndGuidePreset.Published,
            var name => throw new InvalidRequestException("--preset", $"is '{name}'; detect-and-guide has early and published."),
        };
        return SafetyPolicy.Empty.AddDetectAndGuide(
            new DetectionGuidance { Guideline = Guideline.Load(guideline), Concept = parsed.GetValue(_avoid), Preset = preset });
    }

    private static SafetyPolicy Avoid(string concept, string method, string? instead, string? preset)
    {
        method = FullName(method);
        if (preset is not null && method != SafeLatentGuidance.MethodName) throw new InvalidRequestException("--preset", $"belongs to safe-latent; {method} has none.");
        if (instead is not null && method is SafeLatentGuidance.MethodName or NegativePromptProtection.MethodName)
        {
            throw new InvalidRequestException("--instead", $"belongs to semantic, surgical-erasing and trajectory-steering; {method} moves to nothing.");
        }
        return method switch
        {
            DetectionGuidance.MethodName => throw new InvalidRequestException("--guideline", "is missing: detect-and-guide detects by a guideline."),
            SafeLatentGuidance.MethodName => SafetyPolicy.Empty.AddSafeLatent(concept, Preset(preset)),
            NegativePromptProtection.MethodName => SafetyPolicy.Empty.AddNegativePrompt(concept),
            SemanticGuidance.MethodName => SafetyPolicy.Empty.AddSemantic(Semantic(concept, instead)),
            SurgicalErasingGuidance.MethodName => SafetyPolicy.Empty.AddSurgicalErasing(Erasing(concept, instead)),
            _ => SafetyPolicy.Empty.AddTrajectorySteering(
                concept, instead ?? throw new InvalidRequestException("--instead", "is missing: trajectory-steering must know what to steer to.")),
        };
    }

    private static string FullName(string method) => method switch
    {
        SafeLatentGuidance.MethodName or "sld" => SafeLatentGuidance.MethodName,
        NegativePromptProtection.MethodName or "negative" => NegativePromptProtection.MethodName,
        SemanticGuidance.MethodName or "sega" => SemanticGuidance.MethodName,
        SurgicalErasingGuidance.MethodName or "sce" => SurgicalErasingGuidance.MethodName,
        TrajectorySteering.MethodName or "steering" => TrajectorySteering.MethodName,
        DetectionGuidance.MethodName or "dag" => DetectionGuidance.MethodName,
        _ => throw new InvalidRequestException(
            "--method", $"is '{method}'; known are safe-latent (sld), negative-prompt (negative), semantic (sega), surgical-erasing (sce), trajectory-steering (steering) and detect-and-guide (dag)."),
    };

    private static SemanticGuidance Semantic(string concept, string? instead) => new()
    {
        Concepts = instead is null
            ? [new() { Text = concept }]
            : [new() { Text = concept }, new() { Text = instead, Direction = SemanticDirection.Toward }],
    };

    private static SurgicalErasingGuidance Erasing(string concept, string? instead) => new()
    {
        Instructions = instead is null
            ? [new() { Text = concept }]
            : [new() { Text = concept }, new() { Text = instead, Scale = ErasingInstruction.PublishedTowardScale }],
    };

    private static RemedialAction Action(string name) => name.ToLowerInvariant() switch
    {
        "flag" => RemedialAction.Flag,
        "blur" => RemedialAction.Blur,
        "withhold" => RemedialAction.Withhold,
        "regenerate" => RemedialAction.Regenerate,
        _ => throw new InvalidRequestException("--when-detected", $"is '{name}'; known are flag, blur, withhold and regenerate."),
    };

    private static SafeLatentPreset Preset(string? name) => name?.ToLowerInvariant() switch
    {
        null or "medium" => SafeLatentPreset.Medium,
        "weak" => SafeLatentPreset.Weak,
        "strong" => SafeLatentPreset.Strong,
        "max" => SafeLatentPreset.Max,
        _ => throw new InvalidRequestException("--preset", $"is '{name}'; known are weak, medium, strong and max."),
    };
}
