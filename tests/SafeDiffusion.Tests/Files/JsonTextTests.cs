using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Files;

/// <summary>Formula layer: half a character in a document is an error that names its place, wherever it stands.</summary>
public sealed class JsonTextTests
{
    [Theory]
    [InlineData("""{ "a": "\ud800" }""", "$.a")]
    [InlineData("""{ "a": [1, { "b": ["x", "\udc00x"] }] }""", "$.a[1].b[1]")]
    [InlineData("""{ "a": [[], {}, "\ud800\u0041"] }""", "$.a[2]")]
    [InlineData("""{ "a": { "\ud800": 1 } }""", "$.a")]
    [InlineData("\"\\ud800\"", "$")]
    public void ThePlaceIsNamed(string json, string path)
    {
        JsonException error = Assert.Throws<JsonException>(() => StrictJson.RequireUnicode(json));
        Assert.Equal(path, error.Path);
    }

    [Fact]
    public void WholeCharactersPass() => StrictJson.RequireUnicode("""{ "a": ["\ud83d\ude00", "ä", []], /* so */ "b": { "c": null }, }""");

    [Fact]
    public void ATextOutsideItsFileIsLookedAtToo() => Assert.Equal("$", Assert.Throws<JsonException>(() => StrictJson.RequireUnicode("{ \"a\": \"\ud800\" }")).Path);

    [Theory]
    [InlineData("""{"version":1,"protections":[{"method":"\ud800"}]}""", "protections[0].method")]
    [InlineData("""{"version":1,"protections":[{"\ud800":"x"}]}""", "protections[0]")]
    [InlineData("""{"version":1,"protections":[{"method":"negative-prompt","text":"\ud800"}]}""", "protections[0].text")]
    [InlineData("""{"version":1,"protections":[{}],"protections":[]}""", null)]
    [InlineData("""{"version":1,"protections":[null]}""", "protections[0]")]
    [InlineData("null", "$")]
    public void APolicyIsRefusedByItsOwnError(string json, string? path)
    {
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Parse(json, Path.GetTempPath()));
        if (path is not null) Assert.Equal(path, error.Path);
    }

    [Theory]
    [InlineData("""{ "a": "\ud800" }""")]
    [InlineData("[]")]
    public void AnObjectOfAModelsFilesToo(string json) => Assert.Throws<InvalidFileException>(() => BoundedFile.ParseObject(json, "config.json"));
}
