using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace SafeDiffusion.ImageSharp;

/// <summary>Formula layer: what is written is read back, and what a kind cannot hold is refused.</summary>
public sealed class WritingTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(64, 48)]
    public void LosslessWebpIsExact(int width, int height)
    {
        RgbImage image = Pictures.Noise(width, height, seed: 1);
        RgbImage read = Pictures.Decode(Pictures.Encoded(new WebpCodec { Lossless = true }, image));
        Assert.Equal(0, Pictures.LargestDifference(image, read));
    }

    [Fact]
    public void LossyKindsAreNear()
    {
        RgbImage image = Pictures.Smooth(64, 48);
        Assert.InRange(Pictures.LargestDifference(image, Pictures.Decode(Pictures.Encoded(new JpegCodec(), image))), 1, 8);
        Assert.InRange(Pictures.LargestDifference(image, Pictures.Decode(Pictures.Encoded(new WebpCodec(), image))), 1, 16);
    }

    [Fact]
    public void QualityDecidesTheSize()
    {
        RgbImage image = Pictures.Noise(64, 64, seed: 2);
        Assert.True(Pictures.Encoded(new JpegCodec { Quality = 30 }, image).Length < Pictures.Encoded(new JpegCodec(), image).Length);
        Assert.True(Pictures.Encoded(new WebpCodec { Quality = 30 }, image).Length < Pictures.Encoded(new WebpCodec(), image).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageCodecs.Default.AddImageSharp(quality: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WebpCodec { Quality = 101 });
    }

    [Theory]
    [InlineData("x.jpg", "JPEG")]
    [InlineData("x.JPEG", "JPEG")]
    [InlineData("x.webp", "WebP")]
    [InlineData("x.png", "PNG")]
    public void TheExtensionDecidesWhatIsWritten(string name, string format)
    {
        using TemporaryFolder folder = new();
        string file = folder.File(name);
        Pictures.Smooth(8, 8).Save(file, Pictures.Codecs);
        byte[] start = File.ReadAllBytes(file)[..ImageCodecs.StartLength];
        Assert.Equal(format, Assert.Single(Pictures.Codecs.All, codec => codec.Recognizes(start)).Format);
    }

    [Fact]
    public void AnotherExtensionIsRefusedByName()
    {
        string message = Assert.Throws<InvalidFileException>(() => Pictures.Codecs.ForExtensionOf("x.bmp")).Message;
        Assert.Equal("x.bmp: is to be written as .bmp, which is no kind of picture that can be written. Name it .png, .jpg, .jpeg or .webp.", message);
    }

    [Fact]
    public void WhatAKindCannotHoldIsRefused()
    {
        Dictionary<string, string> text = new() { ["prompt"] = "a blue circle" };
        Assert.Throws<ArgumentException>(() => new JpegCodec().Encode(Pictures.Smooth(1, 1), Stream.Null, text));
        Assert.Throws<InvalidRequestException>(() => new WebpCodec().Encode(Pictures.Smooth(16_384, 1), Stream.Null));
    }

    [Fact]
    public void ConversionsAreExact()
    {
        RgbImage image = Pictures.Noise(5, 3, seed: 3);
        using Image<Rgb24> converted = image.ToImageSharp();
        RgbColor corner = image[4, 2];
        Assert.Equal(new Rgb24(corner.Red, corner.Green, corner.Blue), converted[4, 2]);
        Assert.Equal(image.Pixels.ToArray(), converted.ToRgbImage().Pixels.ToArray());
        using Image<Rgba32> half = new(1, 1, new Rgba32(0, 100, 255, 128));
        // 255 * 127 / 255, (100 * 128 + 255 * 127) / 255 and 255.
        Assert.Equal([127, 177, 255], half.ToRgbImage().Pixels.ToArray());
    }

    [Fact]
    public void ScalingAndBlurringKeepWhatTheyShould()
    {
        RgbImage plain = new(4, 2, Enumerable.Repeat((byte)90, 24).ToArray());
        Assert.All(plain.Scale(9, 5).Pixels.ToArray(), level => Assert.Equal(90, level));
        Assert.All(plain.Blur(1.5f).Pixels.ToArray(), level => Assert.Equal(90, level));
        // The middle square of three; of the black and white sides nothing is left.
        byte[] sides = [0, 0, 0, 90, 90, 90, 255, 255, 255];
        Assert.Equal([90, 90, 90], new RgbImage(3, 1, sides).ScaleToCover(1, 1).Pixels.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Scale(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Blur(0));
    }
}
