using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Cli.Output;

/// <summary>Tells errors in the command line's terms: an option in place of the library's field, and no member of a type.</summary>
internal static partial class OptionTerms
{
    /// <summary>The options that a field's value may come from, where they are not called as it is; the first that was given counts.</summary>
    private static readonly Dictionary<string, string[]> _options = new()
    {
        ["guidance-scale"] = ["--guidance"],
        ["initial-image"] = ["--init-image"],
        ["initial-latents"] = ["--latents-in"],
        ["negative-prompt"] = ["--negative"],
        ["heat-map-every"] = ["--heatmaps"],
        ["cache-folder"] = ["--cache"],
        ["channel"] = ["--segmenter-channel"],
        ["pictures"] = ["--images", "--unsafe-pictures"],
        ["policy"] = ["--policy", "--when-detected", "--method", "--avoid", "--guideline", "--asset"],
        ["prompts"] = [],
        // A protection's fields, where options describe it and no policy's file.
        ["concept"] = ["--avoid", "--concept"],
        ["text"] = ["--avoid"],
        ["safe-text"] = ["--instead"],
        ["guideline"] = ["--guideline", "--asset"],
        ["projection"] = ["--asset"],
    };

    /// <summary>An error's message.</summary>
    public static string Describe(SafeDiffusionException error, ParseResult parsed) => error switch
    {
        InvalidRequestException request => Line(OptionOf(request.Field, parsed) ?? request.Field, request.Reason),
        InvalidPolicyException policy when !IsGiven("--policy", parsed) && OptionOf(policy.Path[(policy.Path.LastIndexOf('.') + 1)..], parsed) is { } option => Line(option, policy.Reason),
        _ => WithoutMembers(error.Message),
    };

    private static string Line(string field, string reason) => $"{field}: {WithoutMembers(reason)}";

    /// <summary>The option that a field's value comes from; null where the command has none for it.</summary>
    private static string? OptionOf(string field, ParseResult parsed)
    {
        string name = JsonNamingPolicy.KebabCaseLower.ConvertName(field);
        string[] all = _options.TryGetValue(name, out string[]? others) ? others : [$"--{name}"];
        string[] known = [.. all.Where(option => Find(option, parsed) is not null)];
        return known.FirstOrDefault(option => IsGiven(option, parsed)) ?? known.FirstOrDefault();
    }

    private static bool IsGiven(string name, ParseResult parsed) => Find(name, parsed) is { } option && parsed.GetResult(option) is { Implicit: false };

    private static Option? Find(string name, ParseResult parsed) => parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == name);

    /// <summary>What only a program can set is of no use here; what an option sets is called so.</summary>
    private static string WithoutMembers(string text) => OfPrograms().Replace(text, "").Replace("(PipelineOptions.Checkers)", "(--checker)", StringComparison.Ordinal);

    [GeneratedRegex(@" \(ImageLimits\.\w+\)| \(\w+ in code\)| For \.\w+, add the package [\w.]+ and pass [\w.]+\(\)\.|add the package [\w.]+ and pass [\w.]+\(\), or ")]
    private static partial Regex OfPrograms();
}
