using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Methods.TokenReweighting;

/// <summary>One word or phrase of a <see cref="TokenReweighting"/>, and what its attention is multiplied by.</summary>
public sealed record WordFactor
{
    /// <summary>The word or phrase, in the form in which prompts say it: <c>cat</c> is not found in <c>cats</c>. Case and white space do not matter.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Text { get; init; } = "";

    /// <summary>What the attention of its tokens is multiplied by, at least 0; 0, the default, takes it away, and 1 changes nothing.</summary>
    [JsonRange(JsonRanges.NotNegative)]
    public float Factor { get; init; }

    internal string Describe() => $"\"{Text}\" by {Factor}";

    internal static void Validate(WordFactor word, FieldCheck check)
    {
        check.RequireText(word.Text, nameof(Text));
        check.RequireAtLeast(word.Factor, 0, nameof(Factor));
    }
}
