using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Fusion;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation;

/// <summary>
/// Lets ONNX Runtime's fused attention (<c>com.microsoft.MultiHeadAttention</c>) compute the self-attention of large grids. On the CPU it never
/// holds all probabilities at once: faster and far smaller where positions are many, slower where they are few.
/// </summary>
public static class UNetFusion
{
    /// <summary>
    /// Layers with fewer positions are left as they are. On two cores the fused operator takes half the time at 4096 positions and one and a
    /// half times as long at 1024 (docs/performance-full-size.md).
    /// </summary>
    public const int DefaultMinPositions = 2048;

    /// <summary>Fuses the self-attention layers that have enough positions at a picture size; the output stays the same within rounding.</summary>
    /// <param name="model">A UNet; it is left as it is. Fuse before instrumenting: one that is instrumented is returned itself.</param>
    /// <param name="latentHeight">The height of the latents that it will mostly be run with (64 for 512 pixels). Others work as well.</param>
    /// <param name="latentWidth">Their width.</param>
    /// <param name="minPositions">The positions from which a layer is fused.</param>
    /// <returns>The edited model, which refers to the same external data; the model itself where no layer is fused. Only float32 layers that
    /// are made of single operators, or of ONNX's <c>Attention</c>, are.</returns>
    /// <exception cref="GraphNotUnderstoodException">The graph is not one whose cross-attention can be found with certainty.</exception>
    /// <exception cref="InvalidFileException">The graph breaks the rules of ONNX.</exception>
    public static OnnxModelFile Fuse(OnnxModelFile model, int latentHeight, int latentWidth, int minPositions = DefaultMinPositions)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(latentHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(latentWidth, 1);
        return Fuse(model, analysis => analysis.SelfAttention.Where(layer =>
            Divided(latentHeight, layer.GridFactor) * Divided(latentWidth, layer.GridFactor) >= minPositions));
    }

    /// <summary>
    /// Lets every self-attention layer choose, whenever it is run: fused where it has enough positions, as it was where it has fewer. So one
    /// model serves every picture size.
    /// </summary>
    /// <param name="model">A UNet; it is left as it is. Fuse before instrumenting: one that is instrumented is returned itself.</param>
    /// <param name="minPositions">The positions from which a layer runs fused.</param>
    /// <inheritdoc cref="Fuse(OnnxModelFile, int, int, int)"/>
    public static OnnxModelFile FuseBySize(OnnxModelFile model, int minPositions = DefaultMinPositions)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(minPositions, 1);
        return Fuse(model, analysis => analysis.SelfAttention, minPositions);
    }

    internal static OnnxModelFile Fuse(OnnxModelFile model, Func<UNetAnalysis, IEnumerable<AttentionLayer>> choice, int? switchPositions = null)
    {
        if (UNetInstrumentation.RecordOf(model) is not null)
            return model;
        UNetAnalysis analysis = UNetAnalyzer.Analyze(model);
        FusibleLayer[] layers = [.. choice(analysis).Select(layer => FusibleLayer.Of(analysis, layer)).OfType<FusibleLayer>()];
        return layers.Length == 0 ? model : new AttentionFusion(model.Path, analysis).Apply(layers, switchPositions);
    }

    private static long Divided(long size, int factor) => (size + factor - 1) / factor;
}
