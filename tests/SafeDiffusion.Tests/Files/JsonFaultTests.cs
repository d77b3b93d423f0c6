using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Files;

/// <summary>Formula layer: unknown fields are told with the known ones, wherever they stand.</summary>
public sealed class JsonFaultTests
{
    private static readonly JsonSerializerOptions _options = StrictJson.CreateOptions();

    [Theory]
    [InlineData("""{ "nmae": "a" }""", "nmae", "is no field that is known here. Did you mean name? Known are name, size, items, byName.")]
    [InlineData("""{ "name": "a", "zzzzzz": 1 }""", "zzzzzz", "is no field that is known here. Known are name, size, items, byName.")]
    [InlineData("""{ "items": [ { "name": "a" }, { "SIZE": 1 } ] }""", "items[1].SIZE", "is no field that is known here. Did you mean size? Known are name, size, items, byName.")]
    [InlineData("""{ "byName": { "one": { "items": [ { "itms": [] } ] } } }""", "byName.one.items[0].itms", "is no field that is known here. Did you mean items? Known are name, size, items, byName.")]
    public void AnUnknownFieldIsToldWithTheKnownOnes(string json, string path, string reason) => Assert.Equal((path, reason), Fault(json));

    [Theory]
    [InlineData("""{ "size": "five" }""", "size", "The JSON value could not be converted to System.Nullable`1[System.Int32].")]
    [InlineData("""{ "name": """, "name", "Expected")]
    [InlineData("""{ "name": "\ud800" }""", "name", "")]
    public void OtherFaultsAreTheReaders(string json, string path, string reason)
    {
        (string Path, string Reason) fault = Fault(json);
        Assert.Equal(path, fault.Path);
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("Path:", fault.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--stepz", "--steps")]
    [InlineData("conecpt", "concept")]
    [InlineData("guidance_scale", "guidanceScale")]
    [InlineData("guidanceScael", "guidanceScale")]
    [InlineData("weather", null)]
    [InlineData("", null)]
    public void TheNearestNameIsWithinAThirdOfItsLetters(string name, string? nearest) =>
        Assert.Equal(nearest, NearestName.Find(name, ["--steps", "concept", "guidanceScale", "preset"]));

    [Fact]
    public void LongNamesAreNotCompared() => Assert.Null(NearestName.Find(new string('a', 1 << 20), ["a", new string('a', 1 << 20)]));

    private static (string Path, string Reason) Fault(string json)
    {
        JsonException error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Node>(json, _options));
        return JsonFault.Of(error, json, typeof(Node), _options);
    }

    private sealed record Node
    {
        public string Name { get; init; } = "";

        public int? Size { get; init; }

        public IReadOnlyList<Node> Items { get; init; } = [];

        public IReadOnlyDictionary<string, Node>? ByName { get; init; }
    }
}
