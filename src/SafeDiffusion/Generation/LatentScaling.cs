using SafeDiffusion.Model;

namespace SafeDiffusion.Generation;

/// <summary>Scales latents in space, bilinearly, pixel centres on pixel centres.</summary>
internal static class LatentScaling
{
    /// <summary>Scales latents, <c>[C, H, W]</c>, to another height and width.</summary>
    public static float[] Scale(ReadOnlySpan<float> latents, LatentShape from, LatentShape to)
    {
        if (from == to) return latents.ToArray();
        float[] scaled = new float[to.Length];
        for (int channel = 0; channel < to.Channels; channel++)
        {
            ReadOnlySpan<float> source = latents.Slice(channel * from.Height * from.Width, from.Height * from.Width);
            for (int y = 0; y < to.Height; y++)
            {
                (int top, int bottom, float down) = Between(y, to.Height, from.Height);
                for (int x = 0; x < to.Width; x++)
                {
                    (int left, int right, float across) = Between(x, to.Width, from.Width);
                    float above = float.Lerp(source[top * from.Width + left], source[top * from.Width + right], across);
                    float below = float.Lerp(source[bottom * from.Width + left], source[bottom * from.Width + right], across);
                    scaled[(channel * to.Height + y) * to.Width + x] = float.Lerp(above, below, down);
                }
            }
        }
        return scaled;
    }

    /// <summary>The two source places that a place lies between, and how far.</summary>
    private static (int First, int Second, float Share) Between(int place, int size, int sourceSize)
    {
        float at = Math.Clamp((place + 0.5f) * sourceSize / size - 0.5f, 0, sourceSize - 1);
        int first = (int)at;
        return (first, Math.Min(first + 1, sourceSize - 1), at - first);
    }
}
