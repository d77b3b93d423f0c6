using System.Text;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Files;

/// <summary>Formula layer: texts in the encodings that editors write, and JSON as Python writes it.</summary>
public sealed class TextFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<byte[]> Encoded =>
    [
        new UTF8Encoding(false).GetBytes("rot\r\n\n  grün 🟢 \n"),
        [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes("rot\ngrün 🟢")],
        [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("rot\rgrün 🟢\r")],
        [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes("rot\ngrün 🟢")],
    ];

    [Theory, MemberData(nameof(Encoded))]
    public void LinesAreReadFromFilesAndStreams(byte[] bytes)
    {
        File.WriteAllBytes(_folder.File("prompts.txt"), bytes);
        Assert.Equal(["rot", "grün 🟢"], BoundedFile.ReadLines(_folder.File("prompts.txt"), 100));
        using ForwardStream stream = new(bytes);
        Assert.Equal(["rot", "grün 🟢"], BoundedFile.ReadLines(stream, "standard input", 100));
    }

    [Theory]
    [InlineData(1, new byte[] { 0xE9, (byte)'t' })]
    [InlineData(3, new byte[] { (byte)'a', (byte)'\n', 0xC3, 0xA9, (byte)'\r', (byte)'\n', (byte)'b', 0xE9, (byte)'\n', 0xE9 })]
    [InlineData(2, new byte[] { (byte)'a', (byte)'\n', 0xC3 })]
    [InlineData(2, new byte[] { 0xFF, 0xFE, (byte)'\n', 0, 0x00, 0xD8, (byte)'a', 0 })]
    [InlineData(1, new byte[] { (byte)'a', 0, (byte)'b', 0 })]
    [InlineData(1, new byte[] { 0xFF, 0xFE, 0, 0, (byte)'a', 0, 0, 0 })]
    public void OtherEncodingsAreRefusedWithTheLine(int line, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File("prompts.txt"), bytes);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => BoundedFile.ReadLines(_folder.File("prompts.txt"), 100));
        Assert.StartsWith($"line {line} ", error.Reason, StringComparison.Ordinal);
        Assert.EndsWith("save the file as UTF-8", error.Reason, StringComparison.Ordinal);
        Assert.Equal(error.Reason, Assert.Throws<InvalidFileException>(() => BoundedFile.ReadLines(new ForwardStream(bytes), "standard input", 100)).Reason);
    }

    [Fact]
    public void LongStreamsAreRefused()
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => BoundedFile.ReadLines(new ForwardStream(new byte[101]), "standard input", 100));
        Assert.Equal("standard input: has more than the 100 bytes that are expected at most", error.Message);
    }

    [Fact]
    public void PythonsNumbersAreReadAndTextsLeftAlone()
    {
        using JsonDocument document = BoundedFile.ParseObject("""
            {"a": -Infinity, "b": [NaN,Infinity], "c": "NaN \" -Infinity", "NaN": 1, "d": {"e": Infinity}, "f": "\\", "g": NaN}
            """, "config.json");
        JsonElement root = document.RootElement;
        Assert.Equal("-Infinity", root.GetProperty("a").GetString());
        Assert.Equal(["NaN", "Infinity"], root.GetProperty("b").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal("NaN \" -Infinity", root.GetProperty("c").GetString());
        Assert.Equal(1, root.GetProperty("NaN").GetInt32());
        Assert.Equal("Infinity", root.GetProperty("d").GetProperty("e").GetString());
        Assert.Equal("NaN", root.GetProperty("g").GetString());
    }

    [Theory]
    [InlineData("{\"a\": Infinite}")]
    [InlineData("{\"a\": NaN1}")]
    [InlineData("{\"a\": nan}")]
    [InlineData("{\"a\": \"NaN}")]
    [InlineData("{\"a\": --Infinity}")]
    [InlineData("NaN")]
    [InlineData("{NaN: 1, \"b\": \"\\")]
    public void WhatPythonDoesNotWriteIsRefused(string json)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => BoundedFile.ParseObject(json, "config.json"));
        Assert.Equal("config.json", error.File);
    }

    [Theory]
    [InlineData("""{"\ud800": 1}""")]
    [InlineData("""{"a": ["\uDC00"]}""")]
    [InlineData("""{"a": {"b": "x\ud83dy"}}""")]
    public void HalfOfASurrogatePairIsRefused(string json)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => BoundedFile.ParseObject(json, "vocab.json"));
        Assert.Contains("half of a surrogate pair", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void WholePairsAreRead()
    {
        using JsonDocument document = BoundedFile.ParseObject("""{"\ud83d\udfe2": "\ud83d\udfe2"}""", "vocab.json");
        Assert.Equal("🟢", document.RootElement.GetProperty("🟢").GetString());
    }

    public void Dispose() => _folder.Dispose();
}
