using FsCheck.Fluent;
using SafeDiffusion.Assets;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Imaging.Png;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: texts in PNG files.</summary>
public sealed class PngTextTests
{
    private static readonly RgbImage _pixel = new(1, 1, new byte[3]);

    [Fact]
    public void ReadsAllThreeKinds()
    {
        Dictionary<string, string> expected = new()
        {
            ["Title"] = "a red circle",
            ["Comment"] = "a blue square",
            ["Description"] = "a grün star",
            ["Software"] = "none",
        };
        Assert.Equal(expected, PngCodec.ReadText(PngFixtures.PathOf("rgb8_ancillary.png")));
    }

    [Fact]
    public void GivesTheGenerationSettingsBack()
    {
        using TemporaryFolder folder = new();
        Dictionary<string, string> text = new() { ["prompt"] = "a blue circle\nand a 猫", ["seed"] = "7", ["Größe"] = "512×512" };
        _pixel.SavePng(folder.File("x.png"), text);
        Assert.Equal(text, PngCodec.ReadText(folder.File("x.png")));
    }

    [Fact]
    public void WhatWasWrittenIsReadBack() => Properties.ForAll(Generate.Texts.Select(text => text.Replace("\0", "", StringComparison.Ordinal)), text =>
        Assert.Equal(text, ReadText(Written("key", text))["key"]));

    [Fact]
    public void UsesLatin1WhereItHoldsTheText()
    {
        Assert.True(Written("key", "Größe").AsSpan().IndexOf("tEXt"u8) > 0);
        Assert.True(Written("key", "猫").AsSpan().IndexOf("iTXt"u8) > 0);
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData(" a", "x")]
    [InlineData("a  b", "x")]
    [InlineData("猫", "x")]
    [InlineData("a\n", "x")]
    [InlineData("a", "x\0")]
    public void RefusesWhatCouldNotBeReadBack(string keyword, string text) => Assert.Throws<ArgumentException>(() => Written(keyword, text));

    // Not in the list above: attributes are stored as UTF-8, which has no halves.
    [Fact]
    public void RefusesHalfOfASurrogatePair() => Assert.Throws<ArgumentException>(() => Written("a", "\ud83d \ufffd"));

    [Fact]
    public void RefusesTooMuchText()
    {
        byte[] png = Written("key", new string('a', 1001));
        ImageLimits limits = new() { MaxTextBytes = 1000 };
        Assert.Throws<InvalidFileException>(() => PngCodec.ReadText(new MemoryStream(png), "png", limits));
        ImageLimits tiny = new() { MaxTextBytes = 20 };
        Assert.Throws<InvalidFileException>(() => PngCodec.ReadText(PngFixtures.PathOf("rgb8_ancillary.png"), tiny));
    }

    private static IReadOnlyDictionary<string, string> ReadText(byte[] png) => PngCodec.ReadText(new MemoryStream(png), "png");

    private static byte[] Written(string keyword, string text)
    {
        using MemoryStream stream = new();
        PngCodec.Default.Encode(_pixel, stream, new Dictionary<string, string> { [keyword] = text });
        return stream.ToArray();
    }
}
