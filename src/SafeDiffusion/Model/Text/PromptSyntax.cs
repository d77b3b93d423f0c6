using System.Text.RegularExpressions;

namespace SafeDiffusion.Model.Text;

/// <summary>
/// Prompt syntax of other tools, which is read literally here: weights <c>(red:1.3)</c>, <c>BREAK</c>, and tags such as
/// <c>&lt;lora:name:0.8&gt;</c>.
/// </summary>
internal static class PromptSyntax
{
    private const int MostExamples = 3;

    // Without backtracking, because strangers write prompts; no control characters, because the examples are shown.
    private static readonly Regex _pattern = new(
        @"<(?i:lora|lyco|lycoris|hypernet|embedding):[^<>\p{C}]{1,80}>|\([^()\p{C}]{1,80}:\s?[+-]?[0-9]*\.?[0-9]+\s?\)|\bBREAK\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>What of it is in a text, as written there: the first few, each once.</summary>
    public static IReadOnlyList<string> Find(string text)
    {
        List<string> found = [];
        foreach (ValueMatch match in _pattern.EnumerateMatches(text))
        {
            string example = text.Substring(match.Index, match.Length);
            if (!found.Contains(example)) found.Add(example);
            if (found.Count == MostExamples) break;
        }
        return found;
    }
}
