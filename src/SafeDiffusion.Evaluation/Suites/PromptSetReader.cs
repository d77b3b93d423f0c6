using System.Collections.Immutable;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Reads a suite's prompt sets: prompts in the suite itself, or a text file with one a line.</summary>
internal static class PromptSetReader
{
    private const int MaxBytes = 16 << 20;

    /// <exception cref="InvalidSuiteException">A field is missing or contradicts another.</exception>
    /// <exception cref="InvalidFileException">The text file is missing, too large, or neither UTF-8 nor UTF-16 with a mark.</exception>
    public static PromptSet Read(PromptSetDocument? set, SuiteDocument suite, string folder, string at)
    {
        if (set is null) throw new InvalidSuiteException(at, "is null.");
        if (set.Prompts is null == set.File is null) throw new InvalidSuiteException($"{at}.prompts", "give either prompts or a file of them.");
        ImmutableArray<string> keep = [.. set.Keep ?? []];
        return new PromptSet
        {
            Name = set.Name,
            Kind = set.Kind,
            Prompts = set.File is null
                ? [.. set.Prompts!.Select((prompt, index) => Prompt(prompt, keep, $"{at}.prompts[{index}]"))]
                : [.. BoundedFile.ReadLines(SuitePath.Resolve(folder, set.File, $"{at}.file"), MaxBytes).Select(line => new SuitePrompt(line, keep))],
            Start = set.Start is null ? null : new([.. set.Start.Prompts], set.Start.Strength),
            Seeds = set.Seeds ?? suite.Seeds,
            FirstSeed = set.FirstSeed ?? suite.FirstSeed,
        };
    }

    private static SuitePrompt Prompt(JsonElement prompt, ImmutableArray<string> keep, string at)
    {
        switch (prompt.ValueKind)
        {
            case JsonValueKind.String:
                return new SuitePrompt(prompt.GetString()!, keep);
            case JsonValueKind.Object:
                PromptDocument document = SuiteJson.Deserialize<PromptDocument>(prompt.GetRawText(), at);
                return new SuitePrompt(document.Text, document.Keep is null ? keep : [.. document.Keep]);
            default:
                throw new InvalidSuiteException(at, "is neither a text nor an object with a text.");
        }
    }
}
