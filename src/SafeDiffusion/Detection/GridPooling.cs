using System.Numerics.Tensors;
using SafeDiffusion.Model;

namespace SafeDiffusion.Detection;

/// <summary>Brings maps of a picture that was scaled to be looked at back to its own grid.</summary>
internal static class GridPooling
{
    /// <summary>The highest value of what each position of the picture's own grid covers of the one that was looked at.</summary>
    /// <param name="map">The map, <c>[H, W]</c> of <paramref name="seen"/>; returned as it is where the grids are the same.</param>
    /// <param name="seen">The shape that was looked at.</param>
    /// <param name="own">The picture's own.</param>
    public static float[] Highest(float[] map, LatentShape seen, LatentShape own)
    {
        if (seen == own) return map;
        float[] pooled = new float[own.Height * own.Width];
        for (int y = 0; y < own.Height; y++)
        {
            for (int x = 0; x < own.Width; x++)
            {
                (int left, int right) = Covered(x, own.Width, seen.Width);
                (int top, int bottom) = Covered(y, own.Height, seen.Height);
                float highest = float.NegativeInfinity;
                for (int row = top; row < bottom; row++) highest = Math.Max(highest, TensorPrimitives.Max<float>(map.AsSpan(row * seen.Width + left, right - left)));
                pooled[y * own.Width + x] = highest;
            }
        }
        return pooled;
    }

    /// <summary>What a position covers along one side of another grid: at least one position.</summary>
    private static (int First, int End) Covered(int position, int own, int seen)
    {
        int first = position * seen / own;
        return (first, Math.Max(first + 1, ((position + 1) * seen + own - 1) / own));
    }
}
