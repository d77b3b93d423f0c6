using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Generation;

/// <summary>A picture brought to a size that a model draws by repeating its last column and row, and the way back.</summary>
internal sealed class PaddedPicture
{
    private readonly RgbImage _own;

    public PaddedPicture(RgbImage own, int width, int height)
    {
        _own = own;
        Image = (own.Width, own.Height) == (width, height) ? own : Pad(own, width, height);
    }

    /// <summary>The padded picture.</summary>
    public RgbImage Image { get; }

    /// <summary>A picture of the padded size, cropped to the own one.</summary>
    public RgbImage Crop(RgbImage padded) => ReferenceEquals(Image, _own) ? padded : padded.Crop(0, 0, _own.Width, _own.Height);

    /// <summary>A mask of the padded size, cropped to the own one.</summary>
    public bool[] Crop(ReadOnlySpan<bool> mask)
    {
        bool[] own = new bool[_own.Width * _own.Height];
        for (int y = 0; y < _own.Height; y++) mask.Slice(y * Image.Width, _own.Width).CopyTo(own.AsSpan(y * _own.Width));
        return own;
    }

    private static RgbImage Pad(RgbImage own, int width, int height)
    {
        byte[] pixels = new byte[width * height * RgbImage.Channels];
        for (int y = 0; y < height; y++)
        {
            Span<byte> row = pixels.AsSpan(y * width * RgbImage.Channels, width * RgbImage.Channels);
            ReadOnlySpan<byte> from = own.Row(Math.Min(y, own.Height - 1));
            from.CopyTo(row);
            for (int i = from.Length; i < row.Length; i++) row[i] = from[from.Length - RgbImage.Channels + i % RgbImage.Channels];
        }
        return new RgbImage(width, height, pixels);
    }
}
