using System.Text.Json;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Imaging.Png;

/// <summary>The manifest of tests/Fixtures/numerics/png.</summary>
internal static class PngFixtures
{
    private static readonly JsonElement _manifest =
        JsonDocument.Parse(File.ReadAllBytes(Fixture.Locate("numerics", "png", "manifest.json"))).RootElement.GetProperty("files");

    private static readonly SafeTensorsFile _arrays = SafeTensorsFile.Load(PathOf("pixels.safetensors"));

    /// <summary>The names of the manifest's files.</summary>
    public static TheoryData<string> Names(bool valid) =>
        [.. _manifest.EnumerateArray().Where(entry => entry.GetProperty("valid").GetBoolean() == valid).Select(entry => entry.GetProperty("file").GetString()!)];

    /// <summary>What the manifest says of a file.</summary>
    public static JsonElement Entry(string file) => _manifest.EnumerateArray().Single(entry => entry.GetProperty("file").GetString() == file);

    /// <summary>A file's path.</summary>
    public static string PathOf(string file) => Fixture.Locate("numerics", "png", file);

    /// <summary>A file's bytes.</summary>
    public static byte[] Bytes(string file) => File.ReadAllBytes(PathOf(file));

    /// <summary>The array that an entry names, such as "pixels" or "rgba8".</summary>
    public static StoredTensor Array(string file, string which) => _arrays.Get(Entry(file).GetProperty(which).GetString()!);
}
