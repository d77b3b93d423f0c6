namespace SafeDiffusion.Core.Imaging;

/// <summary>Lays pictures out in a grid, to look at them together.</summary>
public static class ContactSheet
{
    /// <summary>
    /// One picture with all pictures in it, row by row. A column is as wide as its widest picture, a row as high as its highest;
    /// smaller pictures lie in the middle of their cell. Two pictures side by side are a sheet of two columns.
    /// </summary>
    /// <param name="images">The pictures, at least one, of any sizes.</param>
    /// <param name="columns">Pictures in a row, at least 1.</param>
    /// <param name="gap">Pixels between the cells, 0 or more.</param>
    /// <param name="background">The colour of what no picture covers; null for white.</param>
    /// <exception cref="ArgumentException">There is no picture, a number is out of its range, or the sheet would be above 2 GB.</exception>
    public static RgbImage Compose(IReadOnlyList<RgbImage> images, int columns, int gap = 8, RgbColor? background = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        if (images.Count == 0) throw new ArgumentException("A contact sheet needs at least one picture.", nameof(images));

        columns = Math.Min(columns, images.Count);
        int[] widths = Largest(images, index => index % columns, image => image.Width);
        int[] heights = Largest(images, index => index / columns, image => image.Height);
        byte[] sheet = Background(Total(widths, gap), Total(heights, gap), background ?? RgbColor.White);

        int sheetWidth = (int)Total(widths, gap);
        for (int index = 0; index < images.Count; index++)
        {
            (int row, int column) = Math.DivRem(index, columns);
            int x = Start(widths, column, gap) + (widths[column] - images[index].Width) / 2;
            int y = Start(heights, row, gap) + (heights[row] - images[index].Height) / 2;
            Paste(images[index], sheet, sheetWidth, x, y);
        }
        return new RgbImage(sheetWidth, (int)Total(heights, gap), sheet);
    }

    private static int[] Largest(IReadOnlyList<RgbImage> images, Func<int, int> cell, Func<RgbImage, int> size) =>
        [.. Enumerable.Range(0, images.Count).GroupBy(cell).OrderBy(group => group.Key).Select(group => group.Max(index => size(images[index])))];

    private static long Total(int[] sizes, int gap) => sizes.Sum(size => (long)size) + (long)gap * (sizes.Length - 1);

    private static int Start(int[] sizes, int index, int gap) => sizes[..index].Sum() + gap * index;

    private static byte[] Background(long width, long height, RgbColor color)
    {
        Int128 bytes = (Int128)width * height * RgbImage.Channels;
        if (bytes > Array.MaxLength) throw new ArgumentException($"A contact sheet of {width}x{height} pixels is too large.");
        byte[] sheet = new byte[(int)bytes];
        for (int i = 0; i < sheet.Length; i += RgbImage.Channels) (sheet[i], sheet[i + 1], sheet[i + 2]) = (color.Red, color.Green, color.Blue);
        return sheet;
    }

    private static void Paste(RgbImage image, byte[] sheet, int sheetWidth, int x, int y)
    {
        for (int row = 0; row < image.Height; row++)
        {
            image.Row(row).CopyTo(sheet.AsSpan(((y + row) * sheetWidth + x) * RgbImage.Channels));
        }
    }
}
