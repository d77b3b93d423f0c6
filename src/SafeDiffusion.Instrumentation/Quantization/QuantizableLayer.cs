namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>A convolution or matrix product of a UNet that can run in whole numbers.</summary>
/// <param name="Name">Its node's name, for people.</param>
/// <param name="Value">The value that it makes, by which plans know it.</param>
/// <param name="Role">What it does.</param>
/// <param name="Input">The value that it reads, whose range must be known.</param>
/// <param name="NeedsOutputRange">Whether the range of what it makes must be known as well: a convolution's result is rounded to 8 bits, a product's is not.</param>
/// <param name="Weights">How many weights it has.</param>
/// <param name="Multiplications">Multiplications for one row of the graph's probe, latents of 64 x 96 where sizes are open; for comparing layers.</param>
public sealed record QuantizableLayer(string Name, string Value, LayerRole Role, string Input, bool NeedsOutputRange, long Weights, long Multiplications);
