namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>Where writing a quantised UNet stands; reported before each layer, and once all are done.</summary>
/// <param name="Layer">The layer that is done next; empty once all are.</param>
/// <param name="Done">Layers that are done.</param>
/// <param name="Total">Layers in all.</param>
public sealed record QuantizingProgress(string Layer, int Done, int Total);
