using System.Globalization;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>The latent grid of a probe, and how an attention's positions divide it.</summary>
internal sealed record LatentGrid(string File, long Height, long Width)
{
    private const int LargestFactor = 64;

    public static LatentGrid Of(string file, UNetInputs inputs, Dictionary<string, Facts> facts) =>
        facts[inputs.Sample].Shape is [_, _, var height, var width]
            ? new LatentGrid(file, height, width)
            : throw new GraphNotUnderstoodException(file, "", inputs.Sample, "latents [batch, channels, height, width]", "their shape is not known");

    /// <summary>The f with <c>ceil(H / f) * ceil(W / f)</c> positions: SD's feature maps are halved again and again, rounding up.</summary>
    public int FactorOf(AttentionCore core)
    {
        long positions = core.Query.Positions;
        for (int factor = 1; factor <= LargestFactor; factor++)
        {
            if (Divided(Height, factor) * Divided(Width, factor) == positions)
                return factor;
        }
        throw new GraphNotUnderstoodException(File, core.Query.Node.Label(), core.Query.Output, "as many queries as a feature map of the latent grid divided by 1, 2, 4, ... has pixels",
            string.Create(CultureInfo.InvariantCulture, $"{positions} queries for latents of {Height} x {Width}"));
    }

    private static long Divided(long size, int factor) => (size + factor - 1) / factor;
}
