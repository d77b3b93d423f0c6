using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: pictures brought to sizes of another shape.</summary>
public sealed class FittingTests
{
    private static readonly RgbColor _red = new(255, 0, 0);
    private static readonly RgbColor _green = new(0, 255, 0);
    private static readonly RgbColor _blue = new(0, 0, 255);
    private static readonly RgbColor _gray = new(128, 128, 128);

    /// <summary>Three squares of 20 pixels side by side.</summary>
    private static readonly RgbImage _squares = new(60, 20, Enumerable.Range(0, 60 * 20).SelectMany(i => Bytes((i % 60 / 20) switch { 0 => _red, 1 => _green, _ => _blue })).ToArray());

    [Fact]
    public void ScaledShapesAreStretched()
    {
        RgbImage scaled = _squares.FitTo(30, 60, ImageFit.Scale);
        Assert.Equal((30, 60), (scaled.Width, scaled.Height));
        Assert.Equal([_red, _green, _blue], new[] { 4, 14, 25 }.Select(x => scaled[x, 30]));
    }

    [Fact]
    public void CroppingKeepsTheMiddle()
    {
        RgbImage cropped = _squares.FitTo(40, 40, ImageFit.Crop);
        Assert.Equal((40, 40), (cropped.Width, cropped.Height));
        Assert.All(new[] { (0, 0), (20, 20), (39, 39) }, at => Assert.Equal(_green, cropped[at.Item1, at.Item2]));
    }

    [Fact]
    public void PaddingKeepsAllAndFillsBothSidesAlike()
    {
        RgbImage padded = _squares.FitTo(60, 60, ImageFit.Pad);
        Assert.Equal((60, 60), (padded.Width, padded.Height));
        Assert.Equal([_gray, _red, _red, _gray], new[] { 19, 20, 39, 40 }.Select(y => padded[10, y]));
        Assert.Equal([_red, _green, _blue], new[] { 0, 30, 59 }.Select(x => padded[x, 30]));
        RgbImage small = _squares.FitTo(16, 16, ImageFit.Pad);
        Assert.Equal([_gray, _gray], new[] { 4, 11 }.Select(y => small[8, y]));
        Assert.NotEqual(_gray, small[8, 7]);
    }

    [Theory]
    [InlineData(ImageFit.Pad)]
    [InlineData(ImageFit.Crop)]
    [InlineData(ImageFit.Scale)]
    public void EveryShapeComesOutAtTheSize(ImageFit fit)
    {
        foreach ((int width, int height) in new[] { (1, 1), (64, 48), (7, 500), (500, 1), (60, 21) })
        {
            RgbImage fitted = _squares.FitTo(width, height, fit);
            Assert.Equal((width, height), (fitted.Width, fitted.Height));
        }
        Assert.Same(_squares, _squares.FitTo(60, 20, fit));
    }

    [Fact]
    public void APlainPictureStaysPlain()
    {
        RgbImage plain = new(61, 47, Enumerable.Range(0, 61 * 47).SelectMany(_ => Bytes(new(17, 130, 250))).ToArray());
        Assert.All(plain.FitTo(64, 48, ImageFit.Crop).Pixels.ToArray().Chunk(3), pixel => Assert.Equal([17, 130, 250], pixel));
    }

    [Fact]
    public void WhatIsNoSizeOrFitIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _squares.FitTo(0, 1, ImageFit.Pad));
        Assert.Throws<ArgumentOutOfRangeException>(() => _squares.FitTo(60, 20, (ImageFit)3));
    }

    private static byte[] Bytes(RgbColor color) => [color.Red, color.Green, color.Blue];
}
