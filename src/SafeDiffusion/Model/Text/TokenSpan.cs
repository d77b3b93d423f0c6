namespace SafeDiffusion.Model.Text;

/// <summary>A half-open range [<paramref name="Start"/>, <paramref name="End"/>) of positions.</summary>
/// <param name="Start">The first position, from 0.</param>
/// <param name="End">The position after the last one.</param>
public readonly record struct TokenSpan(int Start, int End)
{
    /// <summary>The number of positions.</summary>
    public int Length => End - Start;
}
