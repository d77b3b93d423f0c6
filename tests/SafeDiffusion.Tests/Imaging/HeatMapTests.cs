using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: heat maps' colours and places, by hand.</summary>
public sealed class HeatMapTests
{
    /// <summary>
    /// Of the scale's eight colours, 0 and 1 are the first and last, 3/7 is the fourth; over the picture a value is as opaque as 3/4 of
    /// itself. The bar's pixel x is the colour of (x + 1/2) / width.
    /// </summary>
    [Fact]
    public void ValuesBecomeColoursOverThePicture()
    {
        RgbImage gray = new(4, 4, Enumerable.Repeat((byte)100, 4 * 4 * 3).ToArray());
        RgbImage rendered = new HeatMap(0, 0, 3, 500, 2, 2, new[] { 0, 1, 3 / 7f, 0.5f }, gray).Render();
        Assert.Equal((4, 8), (rendered.Width, rendered.Height));
        RgbColor one = new(214, 216, 148), some = new(128, 86, 95), half = new(140, 90, 87);
        RgbColor none = new(100, 100, 100);
        RgbColor[][] expected = [[none, none, one, one], [none, none, one, one], [some, some, half, half], [some, some, half, half]];
        for (int y = 0; y < 4; y++)
        {
            for (int x = 0; x < 4; x++) Assert.Equal(expected[y][x], rendered[x, y]);
        }
        for (int y = 4; y < 8; y++)
        {
            Assert.Equal([new(68, 12, 100), new(167, 46, 93), new(237, 116, 32), new(248, 215, 74)], Enumerable.Range(0, 4).Select(x => rendered[x, y]));
        }
    }

    [Fact]
    public void ASheetIsNearlySquareInTheMapsOrder()
    {
        HeatMap[] maps = [.. Enumerable.Range(0, 5).Select(i => new HeatMap(0, 0, i, 1, 1, 1, new float[1], new RgbImage(8, 8, Enumerable.Repeat((byte)i, 192).ToArray())))];
        RgbImage sheet = HeatMap.Sheet(maps);
        // A picture of 8 pixels is enlarged to 192, its bar of 4 to 96; three lines of 9 pixels and 2 more stand below.
        int cell = 192 + 96 + 3 * 9 + 2;
        Assert.Equal((3 * 192 + 2 * 4, 2 * cell + 4), (sheet.Width, sheet.Height));
        Assert.Equal(new RgbColor(4, 4, 4), sheet[192 + 4, cell + 4]);
    }

    /// <summary>The caption's letters are read back by their glyphs: the scale's ends, the step with its timestep, the highest value.</summary>
    [Fact]
    public void ASheetTellsScaleStepAndValue()
    {
        HeatMap map = new(0, 0, 12, 481, 1, 2, new[] { 0.25f, 0.5f }, new RgbImage(192, 192, new byte[192 * 192 * 3]));
        RgbImage sheet = HeatMap.Sheet([map]);
        int top = sheet.Height - (3 * 9 + 2);
        RgbImage expected = Caption.Below(new RgbImage(192, 1, new byte[192 * 3]), "0" + new string(' ', 30) + "1", "STEP 12, T 481", "max 0.50");
        Assert.Equal(expected.Crop(0, 1, 192, 29).Pixels.ToArray(), sheet.Crop(0, top, 192, 29).Pixels.ToArray());
    }

    [Fact]
    public void AnEmptySheetIsRefused()
    {
        Assert.Throws<ArgumentException>(() => HeatMap.Sheet([]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 64)]
    [InlineData(64, 48)]
    public void BlurringKeepsAPlainPictureAndMixesAFineOne(int width, int height)
    {
        byte[] plain = [.. Enumerable.Range(0, width * height).SelectMany(_ => new byte[] { 10, 200, 77 })];
        Assert.Equal(plain, Blurring.Blur(new RgbImage(width, height, plain)).Pixels.ToArray());
    }

    /// <summary>A picture half black, half white keeps that much: its large cells' means.</summary>
    [Fact]
    public void BlurringKeepsTheMeansOfLargeCells()
    {
        byte[] pixels = new byte[60 * 60 * 3];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i / 3 % 60 < 30 ? 0 : 255);
        RgbImage blurred = Blurring.Blur(new RgbImage(60, 60, pixels));
        Assert.Equal((0, 255), (blurred[0, 0].Red, blurred[59, 59].Red));
        // Between the cells' centres at 24.5 and 34.5 the edge becomes a slope: at 29 it is 0.45 of the way.
        Assert.Equal((byte)MathF.Round(0.45f * 255), blurred[29, 30].Red);
    }
}
