namespace SafeDiffusion.Core.Imaging;

/// <summary>Writes short labels under pictures, so that a sheet says what it shows.</summary>
public static class Caption
{
    private const int Gap = 2;

    /// <summary>Pixels of a picture's width for each pixel of a letter: a line holds about 30 letters, fewer where the picture is smaller.</summary>
    private const int WidthPerDot = 192;

    /// <summary>
    /// The picture with lines of text on white below it, in capitals of 5 by 7 dots; a dot is a pixel for pictures less than 384 wide, more
    /// for wider ones. Lines that are too long are broken at spaces, and within a word where nothing else helps; nothing is left out.
    /// </summary>
    /// <param name="image">The picture; its width stays.</param>
    /// <param name="lines">The lines. A tab moves what follows it to the right edge.</param>
    public static RgbImage Below(RgbImage image, params IReadOnlyList<string> lines)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(lines);
        int dot = Math.Max(1, image.Width / WidthPerDot);
        int letter = (PixelFont.Width + 1) * dot, line = (PixelFont.Height + Gap) * dot;
        int letters = Math.Max(1, (image.Width + dot) / letter);
        string[] broken = [.. lines.SelectMany(text => Break(text, letters))];
        int height = image.Height + broken.Length * line + Gap * dot;
        byte[] pixels = new byte[image.Width * height * RgbImage.Channels];
        image.Pixels.Span.CopyTo(pixels);
        pixels.AsSpan(image.Pixels.Length).Fill(byte.MaxValue);
        for (int i = 0; i < broken.Length; i++) Write(pixels, image.Width, broken[i], image.Height + Gap * dot + i * line, dot);
        return new RgbImage(image.Width, height, pixels);
    }

    private static IEnumerable<string> Break(string text, int letters)
    {
        if (text.Split('\t') is [var left, var right]) text = left + right.PadLeft(Math.Max(right.Length, letters - left.Length));
        while (text.Length > letters)
        {
            int space = text.LastIndexOf(' ', letters);
            int end = space > 0 ? space : letters;
            yield return text[..end];
            text = text[end..].TrimStart(' ');
        }
        yield return text;
    }

    private static void Write(Span<byte> pixels, int width, string text, int top, int dot)
    {
        for (int i = 0; i < text.Length; i++)
        {
            for (int y = 0; y < PixelFont.Height * dot; y++)
            {
                for (int x = 0; x < PixelFont.Width * dot; x++)
                {
                    int column = i * (PixelFont.Width + 1) * dot + x;
                    if (column >= width || !PixelFont.Covers(text[i], x / dot, y / dot)) continue;
                    pixels.Slice(((top + y) * width + column) * RgbImage.Channels, RgbImage.Channels).Clear();
                }
            }
        }
    }
}
