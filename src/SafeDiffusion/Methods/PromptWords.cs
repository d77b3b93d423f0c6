using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Methods;

/// <summary>Words of a prompt, found by their tokens, and what their attention is multiplied by (Prompt-to-Prompt's re-weighting).</summary>
internal static class PromptWords
{
    /// <summary>Why nothing is re-weighted, for the report.</summary>
    public const string DoNotOccur = "word does not occur";

    /// <summary>Where a word or phrase occurs in a row's text; empty where it does not.</summary>
    /// <exception cref="InvalidRequestException">It has no token or more than a text may have, so that it is found nowhere; or the row's text is not known.</exception>
    public static IReadOnlyList<TokenSpan> Find(RowInputs row, string wordOrPhrase)
    {
        TokenizedText text = row.Text.Text
            ?? throw new InvalidRequestException("policy", "re-weights words of the prompt, but a text erasure of the policy gives text states without their text. Leave one of them out.");
        TokenizedText phrase = text.Tokenizer.Encode(wordOrPhrase);
        if (!phrase.Pieces.IsEmpty && !phrase.IsTruncated) return text.FindSpans(wordOrPhrase);
        throw new InvalidRequestException(
            "policy", $"re-weights \"{wordOrPhrase}\", which {(phrase.IsTruncated ? "is longer than a prompt may be" : "has no token")} and would be found nowhere; name the words that prompts say.");
    }

    /// <summary>A row's token scales times a factor at some places.</summary>
    public static ImmutableArray<float> Scaled(RowInputs row, IEnumerable<(IReadOnlyList<TokenSpan> Spans, float Factor)> words)
    {
        float[] scales = row.TokenScales.IsEmpty ? [.. Enumerable.Repeat(1f, row.Text.Tokens)] : [.. row.TokenScales];
        foreach ((IReadOnlyList<TokenSpan> spans, float factor) in words)
        {
            // Occurrences of one phrase may overlap; each of its tokens counts once.
            foreach (int token in spans.SelectMany(span => Enumerable.Range(span.Start, span.Length)).Distinct()) scales[token] *= factor;
        }
        return [.. scales];
    }
}
