namespace SafeDiffusion.Core.Numerics;

/// <summary>
/// The noise that PyTorch's CPU generator gives for a seed, so that seeds shared in this field give the same latents.
/// A batch of one generator in diffusers is one long draw; here each image has its own seed, as with diffusers' list of generators.
/// </summary>
/// <param name="seed">Any value; only its low 32 bits count, a negative seed as two's complement.</param>
public sealed class TorchNoise(long seed) : INoiseSource
{
    private readonly TorchRandom _random = new(seed);

    /// <summary>The seed.</summary>
    public long Seed { get; } = seed;

    /// <inheritdoc/>
    public void Fill(Span<float> destination) => _random.FillNormal(destination);
}
