using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Text;

/// <summary>The texts of one batch of requests, each encoded once.</summary>
internal sealed class TextStatesCache(TextEncoder encoder, CancellationToken cancellationToken)
{
    private readonly Dictionary<(string Text, SpecialTokenHandling Handling), TextStates> _states = [];

    /// <summary>A text's states; the same text gives the same object.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InferenceException">The network failed or gave values that are not finite.</exception>
    public TextStates Encode(string text, SpecialTokenHandling handling)
    {
        if (_states.TryGetValue((text, handling), out TextStates? known)) return known;
        TokenizedText tokens = encoder.Tokenizer.Encode(text, SpecialTokenHandling.Escape);
        // Where there is nothing to escape, both ways of reading give one text.
        bool isEither = tokens.EscapedSpecialTokens.IsEmpty;
        if (handling == SpecialTokenHandling.Keep && isEither) return _states[(text, handling)] = Encode(text, SpecialTokenHandling.Escape);
        if (!isEither) tokens = encoder.Tokenizer.Encode(text, handling);
        return _states[(text, handling)] = encoder.Encode(tokens, cancellationToken);
    }
}
