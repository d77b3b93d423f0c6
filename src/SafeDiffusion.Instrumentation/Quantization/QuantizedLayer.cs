namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>A layer that is to run in whole numbers.</summary>
/// <param name="Value">The value that it makes (<see cref="QuantizableLayer.Value"/>).</param>
/// <param name="Input">The range of what it reads.</param>
/// <param name="Output">The range of what it makes; null where that is not rounded.</param>
public sealed record QuantizedLayer(string Value, ValueRange Input, ValueRange? Output = null);
