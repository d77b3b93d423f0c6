using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: labels under pictures, their glyphs by hand.</summary>
public sealed class CaptionTests
{
    [Fact]
    public void LettersStandBelowThePictureInTheirGlyphs()
    {
        RgbImage image = new(12, 3, Enumerable.Repeat((byte)90, 12 * 3 * 3).ToArray());
        RgbImage captioned = Caption.Below(image, "t1");
        Assert.Equal((12, 3 + 2 + 9), (captioned.Width, captioned.Height));
        Assert.Equal(image.Pixels.ToArray(), captioned.Pixels[..image.Pixels.Length].ToArray());
        string[] expected =
        [
            "#####...#...",
            "..#....##...",
            "..#.....#...",
            "..#.....#...",
            "..#.....#...",
            "..#.....#...",
            "..#....###..",
        ];
        Assert.Equal(expected, Enumerable.Range(5, 7).Select(y => string.Concat(Enumerable.Range(0, 12).Select(x => captioned[x, y].Red == 0 ? '#' : '.'))));
    }

    /// <summary>At 24 pixels a line has four letters: "step" and "12" part at the space, a longer word where it must.</summary>
    [Theory]
    [InlineData("step 12", "step", "12")]
    [InlineData("timestep", "time", "step")]
    [InlineData("0\t1", "0  1")]
    [InlineData("ab\tcd", "abcd")]
    [InlineData("abc\tde", "abcd", "e")]
    public void LinesThatAreTooLongAreBroken(string text, params string[] lines)
    {
        RgbImage image = new(24, 1, new byte[24 * 3]);
        Assert.Equal(Caption.Below(image, lines).Pixels.ToArray(), Caption.Below(image, text).Pixels.ToArray());
    }

    [Fact]
    public void DotsGrowWithThePicture()
    {
        RgbImage captioned = Caption.Below(new RgbImage(512, 1, new byte[512 * 3]), "i");
        Assert.Equal(1 + 2 * (2 + 9), captioned.Height);
        Assert.Equal(Enumerable.Repeat((byte)0, 6), Enumerable.Range(2, 6).Select(x => captioned[x, 1 + 4].Red));
        Assert.Equal((255, 255), (captioned[1, 5].Red, captioned[8, 5].Red));
    }

    [Fact]
    public void WhatHasNoGlyphIsABox()
    {
        RgbImage image = new(6, 1, new byte[6 * 3]);
        Assert.Equal(Caption.Below(image, "赤").Pixels.ToArray(), Caption.Below(image, "é").Pixels.ToArray());
        Assert.NotEqual(Caption.Below(image, "赤").Pixels.ToArray(), Caption.Below(image, " ").Pixels.ToArray());
    }
}
