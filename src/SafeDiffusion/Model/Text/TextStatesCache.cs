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
        return _states[(text, handling)] = encoder.Encode(encoder.Tokenizer.Encode(text, handling), cancellationToken);
    }
}
