namespace SafeDiffusion.Model.Text;

/// <summary>A text as the UNet sees it: the text encoder's final layer-normed states.</summary>
public sealed class TextStates
{
    private readonly float[] _values;

    /// <summary>Makes text states from values, <c>[tokens, width]</c>.</summary>
    /// <exception cref="ArgumentException">There are not <paramref name="tokens"/> times <paramref name="width"/> values.</exception>
    public TextStates(TokenizedText? text, float[] values, int tokens, int width)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != tokens * width)
        {
            throw new ArgumentException($"{values.Length} values are not [{tokens}, {width}].", nameof(values));
        }
        Text = text;
        _values = values;
        Tokens = tokens;
        Width = width;
    }

    /// <summary>The text and its tokens; null for states that were not made from a text here.</summary>
    public TokenizedText? Text { get; }

    /// <summary>Token positions, 77 for Stable Diffusion v1.</summary>
    public int Tokens { get; }

    /// <summary>Values per token, 768 for Stable Diffusion v1.</summary>
    public int Width { get; }

    /// <summary>The states, <c>[tokens, width]</c>.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>One token's state, <c>[width]</c>.</summary>
    /// <param name="position">The token's position, from 0.</param>
    public ReadOnlySpan<float> Token(int position) => _values.AsSpan(position * Width, Width);
}
