using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Model;

namespace SafeDiffusion.Generation;

/// <summary>
/// Where a picture may change: around what a detection map shows. Elsewhere its latents are those of the inversion in every step, and its
/// pixels those that the autoencoder gives back.
/// </summary>
internal sealed class EditRegion
{
    private readonly bool[] _latents;
    private readonly bool[] _pixels;
    private readonly RgbImage _kept;

    /// <param name="shows">Whether the concept shows, on the latent grid, <c>[H, W]</c>.</param>
    /// <param name="shape">The latents' shape.</param>
    /// <param name="dilation">By how many latent positions the region reaches further, on every side.</param>
    /// <param name="kept">What the pixels outside come from, of the picture's size.</param>
    public EditRegion(bool[] shows, LatentShape shape, int dilation, RgbImage kept)
    {
        _latents = Dilate(shows, shape.Width, dilation);
        _kept = kept;
        // The decoder looks a little around each position: the seam lies where both pictures agree.
        bool[] seen = Dilate(_latents, shape.Width, 1);
        int factor = kept.Width / shape.Width;
        _pixels = new bool[kept.Width * kept.Height];
        for (int i = 0; i < _pixels.Length; i++) _pixels[i] = seen[i / kept.Width / factor * shape.Width + i % kept.Width / factor];
    }

    /// <summary>Whether each pixel may change, row by row.</summary>
    public ReadOnlySpan<bool> Pixels => _pixels;

    /// <summary>Puts others' values where latents may not change, <c>[C, H, W]</c>.</summary>
    public void RestoreInPlace(Span<float> latents, ReadOnlySpan<float> others)
    {
        for (int i = 0; i < latents.Length; i++)
        {
            if (!_latents[i % _latents.Length]) latents[i] = others[i];
        }
    }

    /// <summary>The decoded picture where it may change, and what is kept elsewhere.</summary>
    public RgbImage Finish(RgbImage decoded)
    {
        byte[] pixels = _kept.Pixels.ToArray();
        ReadOnlySpan<byte> drawn = decoded.Pixels.Span;
        for (int i = 0; i < pixels.Length; i++)
        {
            if (_pixels[i / RgbImage.Channels]) pixels[i] = drawn[i];
        }
        return new RgbImage(decoded.Width, decoded.Height, pixels);
    }

    private static bool[] Dilate(bool[] mask, int width, int by)
    {
        int height = mask.Length / width;
        bool[] dilated = new bool[mask.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            if (!mask[i]) continue;
            for (int y = Math.Max(0, i / width - by); y <= Math.Min(height - 1, i / width + by); y++)
            {
                for (int x = Math.Max(0, i % width - by); x <= Math.Min(width - 1, i % width + by); x++) dilated[y * width + x] = true;
            }
        }
        return dilated;
    }
}
