using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Text;

/// <summary>Turns a prompt into the text encoder's input. Implementations may be used by several threads at once.</summary>
internal interface ITextTokenizer
{
    /// <summary>The length of the text encoder's input, start and end token included; 77 for SD v1.</summary>
    int MaxLength { get; }

    /// <summary>The id of the start token.</summary>
    int StartToken { get; }

    /// <summary>The id of the end-of-text token.</summary>
    int EndToken { get; }

    /// <summary>The id that fills what is left after the end token; the end token itself for SD v1, 0 for SD v2.</summary>
    int PadToken { get; }

    /// <summary>Encodes a text: start token, as many pieces as fit, end token, padding.</summary>
    /// <param name="text">Any text; empty gives the null condition's tokens.</param>
    /// <param name="specialTokens">What to do with special tokens that are spelled out in the text.</param>
    /// <returns>The tokens, and what was cut off or escaped.</returns>
    /// <exception cref="InvalidRequestException">The vocabulary cannot spell the text.</exception>
    TokenizedText Encode(string text, SpecialTokenHandling specialTokens = SpecialTokenHandling.Escape);

    /// <summary>Encodes a phrase that is looked for in texts, the names of a policy above all: the same phrase is not split for every text anew.</summary>
    /// <exception cref="InvalidRequestException">The vocabulary cannot spell the phrase.</exception>
    TokenizedText EncodePhrase(string phrase);
}
