using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Numerics;

/// <summary>
/// Where the noise of one image comes from: the only nondeterminism of a generation. A source is used by one generation only.
/// It is asked in PyTorch's order: where an input image's encoding is sampled, first for that; then once for the initial latents (or,
/// image-to-image, the noise added to the encoded image); then, where <c>eta &gt; 0</c>, once per denoising step, in step order.
/// </summary>
public interface INoiseSource
{
    /// <summary>Writes the next standard normal values.</summary>
    /// <param name="destination">The whole tensor of one image, <c>[1, 4, H, W]</c> row by row; each call is one draw.</param>
    /// <exception cref="InvalidRequestException">The source has no such values.</exception>
    void Fill(Span<float> destination);
}
