using System.CommandLine;
using SafeDiffusion.Composing;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that make a safety policy: a file, or one method and the words that it is made from.</summary>
internal sealed class PolicyOptions
{
    private readonly Option<string?> _policy = new("--policy") { Description = "A safety policy as JSON (docs/policy.md), or a folder that protect wrote." };
    private readonly Option<string?> _avoid;
    private readonly Option<string?> _method = new("--method") { HelpName = "name" };
    private readonly Option<string?> _instead = new("--instead");
    private readonly Option<string?> _asset = new("--asset") { HelpName = "file" };
    private readonly Option<string?> _guideline = new("--guideline") { Description = $"The file of --asset where it is a guideline; --method is then {DetectionGuidance.MethodName} unless another is named." };
    private readonly Option<string?> _preset = new("--preset");
    private readonly MethodOptions _methods = new();

    private readonly Option<string?> _whenDetected = new("--when-detected")
    {
        Description = "What to do with a finished picture that still shows a concept, by a method that detects or a --checker; regenerate draws it again up to twice, then withholds it.",
        HelpName = "flag|blur|withhold|regenerate",
    };

    /// <param name="concept">The name of the option that names the concept.</param>
    public PolicyOptions(string concept = "--avoid")
    {
        _avoid = new(concept) { Description = "A concept to keep out of the picture, used word for word." };
        Describe(MethodCatalogue.Default);
    }

    /// <summary>The files that are read; null where one was not given.</summary>
    public IEnumerable<string?> Inputs(ParseResult parsed) =>
        [PolicyFile(parsed), parsed.GetValue(_guideline), parsed.GetValue(_asset), .. _methods.Files(parsed)];

    public void AddTo(Command command)
    {
        Option[] options = [_policy, _avoid, _method, _instead, _asset, _guideline, _preset];
        foreach (Option option in options) command.Options.Add(option);
        _methods.AddTo(command);
        command.Options.Add(_whenDetected);
    }

    /// <summary>Makes the help tell of the methods of a command line's own files too.</summary>
    /// <exception cref="InvalidFileException">A file is missing, or holds no methods that can be used.</exception>
    public void Describe(ParseResult parsed) => Describe(_methods.Methods(parsed));

    /// <exception cref="InvalidRequestException">The options contradict each other, or a name is unknown.</exception>
    /// <exception cref="InvalidPolicyException">The policy file is not a policy.</exception>
    /// <exception cref="InvalidFileException">A file is missing or damaged.</exception>
    public SafetyPolicy Policy(ParseResult parsed)
    {
        SafetyPolicy policy = Protections(parsed, _methods.Methods(parsed));
        if (parsed.GetValue(_whenDetected) is not { } action) return policy;
        if (policy.Remedy is not null) throw new InvalidRequestException("--when-detected", "is said by the policy already. Leave it to one of them.");
        return policy.WhenStillDetected(Action(action));
    }

    /// <summary>The policy's file; of a folder, the one that protect writes there.</summary>
    private string? PolicyFile(ParseResult parsed) =>
        parsed.GetValue(_policy) is { } path && Directory.Exists(path) ? Path.Combine(path, ConceptProtector.PolicyName) : parsed.GetValue(_policy);

    private void Describe(MethodCatalogue methods)
    {
        IReadOnlyList<string> names = methods.FromWords();
        IEnumerable<string> titles = names.Select(name => methods.Alias(name) is { } alias ? $"{name} ({alias})" : name);
        _method.Description = $"The method (default: {SafeLatentGuidance.MethodName}), by its name or in short: {string.Join(", ", titles)}.";
        _instead.Description = $"What to move to instead of what {_avoid.Name} names; with {string.Join(", ", methods.FromWords(ProtectionWord.Instead))}.";
        _asset.Description = $"The file of what was learned for a concept; with {string.Join(", ", methods.FromWords(ProtectionWord.Asset))}.";
        _preset.Description = $"The settings to start from; {string.Join("; ", methods.FromWords(ProtectionWord.Preset).Select(name => $"{name} has {string.Join(", ", methods.Presets(name))}"))}.";
        _preset.HelpName = string.Join('|', names.SelectMany(methods.Presets).Distinct());
    }

    private SafetyPolicy Protections(ParseResult parsed, MethodCatalogue methods)
    {
        Option[] ofOne = [_avoid, _guideline, _asset, _method, _instead, _preset];
        Option? said = ofOne.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });
        if (PolicyFile(parsed) is { } file)
        {
            return said is null ? SafetyPolicy.Load(file, methods) : throw new InvalidRequestException("--policy", $"and {said.Name} exclude each other; write it into the policy.");
        }
        return said is null ? SafetyPolicy.Empty : SafetyPolicy.Empty.Add(Protection(parsed, methods));
    }

    private Protection Protection(ParseResult parsed, MethodCatalogue methods)
    {
        try
        {
            return methods.Make(Method(parsed), Words(parsed));
        }
        catch (InvalidRequestException error) when (OptionOf(error.Field, parsed) is { } option)
        {
            throw new InvalidRequestException(option.Name, error.Reason);
        }
    }

    /// <summary>The method that is named, or the one that goes without saying.</summary>
    private string Method(ParseResult parsed)
    {
        if (parsed.GetValue(_method) is { } named) return named;
        if (parsed.GetValue(_guideline) is not null) return DetectionGuidance.MethodName;
        if (parsed.GetValue(_asset) is not null) throw new InvalidRequestException("--method", "is missing: it says what to do with the file of --asset.");
        if (parsed.GetValue(_avoid) is null) throw new InvalidRequestException("--instead, --preset", $"say how to avoid a concept; name it with {_avoid.Name}.");
        return SafeLatentGuidance.MethodName;
    }

    private ProtectionWords Words(ParseResult parsed)
    {
        (string? guideline, string? asset) = (parsed.GetValue(_guideline), parsed.GetValue(_asset));
        if (guideline is not null && asset is not null) throw new InvalidRequestException("--guideline", "and --asset exclude each other; a method has one file.");
        return new() { Concept = parsed.GetValue(_avoid), Instead = parsed.GetValue(_instead), Preset = parsed.GetValue(_preset), Asset = guideline ?? asset };
    }

    /// <summary>The option that the library's errors call by the word's own name; null for another field.</summary>
    private Option<string?>? OptionOf(string word, ParseResult parsed) => word switch
    {
        "method" => _method,
        "concept" => _avoid,
        "instead" => _instead,
        "preset" => _preset,
        "asset" => parsed.GetValue(_guideline) is null ? _asset : _guideline,
        _ => null,
    };

    private static RemedialAction Action(string name) => name.ToLowerInvariant() switch
    {
        "flag" => RemedialAction.Flag,
        "blur" => RemedialAction.Blur,
        "withhold" => RemedialAction.Withhold,
        "regenerate" => RemedialAction.Regenerate,
        _ => throw new InvalidRequestException("--when-detected", $"is '{name}'; known are flag, blur, withhold and regenerate."),
    };
}
