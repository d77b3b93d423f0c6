using System.Collections.Immutable;

namespace SafeDiffusion.Generation;

/// <summary>Paints over parts of a given picture with its ground: what most of the rest of it is.</summary>
internal static class PaintedGround
{
    /// <summary>The picture with each channel's median over the other cells in the covered ones; as it is where nothing else is left.</summary>
    /// <param name="encoded">The encoded picture, <c>[C, H, W]</c>.</param>
    /// <param name="covered">The covered cells, <c>[H, W]</c>.</param>
    public static float[] Over(ReadOnlySpan<float> encoded, ImmutableArray<bool> covered)
    {
        float[] painted = [.. encoded];
        float[] rest = new float[covered.Count(isCovered => !isCovered)];
        if (rest.Length == 0) return painted;
        for (int channel = 0; channel < painted.Length; channel += covered.Length)
        {
            int count = 0;
            for (int i = 0; i < covered.Length; i++)
            {
                if (!covered[i]) rest[count++] = encoded[channel + i];
            }
            rest.AsSpan().Sort();
            for (int i = 0; i < covered.Length; i++)
            {
                if (covered[i]) painted[channel + i] = rest[count / 2];
            }
        }
        return painted;
    }
}
