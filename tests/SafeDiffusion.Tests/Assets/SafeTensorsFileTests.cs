using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Files;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Assets;

/// <summary>Formula layer: safetensors against the reference implementation's files, and against itself.</summary>
public sealed class SafeTensorsFileTests
{
    private static readonly Gen<SafeTensorsFile> _files =
        from names in Gen.ListOf(Generate.Texts)
        from tensors in Gen.ArrayOf(Generate.Tensors, names.Count)
        from keys in Gen.ListOf(Generate.Texts)
        from values in Gen.ArrayOf(Generate.Texts, keys.Count)
        select new SafeTensorsFile(ByKey(names, tensors), ByKey(keys, values));

    public static TheoryData<string> Valid => FormatFixtures.Names(valid: true);

    public static TheoryData<string> Broken => FormatFixtures.Names(valid: false);

    [Theory, MemberData(nameof(Valid))]
    public void ReadsWhatTheReferenceWrote(string file)
    {
        JsonElement expected = FormatFixtures.Entry(file);
        SafeTensorsFile actual = SafeTensorsFile.Load(FormatFixtures.PathOf(file));

        Assert.Equal(Strings(expected.GetProperty("metadata")), actual.Metadata);
        JsonProperty[] tensors = [.. expected.GetProperty("tensors").EnumerateObject()];
        Assert.Equal(tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), actual.Tensors.Keys);
        foreach (JsonProperty tensor in tensors) FormatFixtures.AssertEqual(tensor.Value, actual[tensor.Name]);
    }

    [Theory, MemberData(nameof(Broken))]
    public void RefusesBrokenFilesWithoutLargeAllocations(string file)
    {
        string path = FormatFixtures.PathOf(file);
        byte[] bytes = File.ReadAllBytes(path);
        long before = GC.GetAllocatedBytesForCurrentThread();

        InvalidFileException error = Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Load(path));
        Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Read(bytes, file));
        Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Read(new ForwardStream(bytes), file));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("st_all_dtypes.safetensors")]
    [InlineData("st_no_metadata.safetensors")]
    [InlineData("st_scalar_and_empty.safetensors")]
    [InlineData("st_special_values.safetensors")]
    [InlineData("st_many.safetensors")]
    [InlineData("st_no_tensors.safetensors")]
    public void WritesTheBytesOfTheReference(string file)
    {
        byte[] bytes = File.ReadAllBytes(FormatFixtures.PathOf(file));
        Assert.Equal(bytes, Written(SafeTensorsFile.Read(bytes, file)));
    }

    [Fact]
    public void WhatWasWrittenIsReadBack() => Properties.ForAll(_files, file =>
    {
        byte[] bytes = Written(file);
        AssertEqual(file, SafeTensorsFile.Read(bytes, "memory"));
        AssertEqual(file, SafeTensorsFile.Read(new MemoryStream(bytes), "stream"));
        AssertEqual(file, SafeTensorsFile.Read(new ForwardStream(bytes), "forward stream"));
        Assert.Equal(bytes, Written(SafeTensorsFile.Read(bytes, "memory")));
    });

    [Theory, MemberData(nameof(Valid))]
    public void DamageIsRefusedOrHarmless(string file)
    {
        byte[] bytes = File.ReadAllBytes(FormatFixtures.PathOf(file));
        Properties.ForAll(Damage.Several, edits =>
        {
            byte[] damaged = Damage.Apply(edits, bytes);
            if (Record.Exception(() => SafeTensorsFile.Read(damaged, file)) is Exception error) Assert.IsType<InvalidFileException>(error);
        }, count: 500);
    }

    [Fact]
    public void TellsWhichTensorsThereAre()
    {
        SafeTensorsFile file = SafeTensorsFile.Load(FormatFixtures.PathOf("st_header_padding.safetensors"));
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => file["c"]);
        Assert.EndsWith("has no tensor 'c'; it has 'a', 'b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChecksTheShapeThatIsAskedFor()
    {
        SafeTensorsFile file = SafeTensorsFile.Load(FormatFixtures.PathOf("st_no_metadata.safetensors"));
        Assert.Equal(6, file.Get("a.weight", [-1, 2]).Count);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => file.Get("a.weight", [2, 3]));
        Assert.EndsWith("the tensor 'a.weight' is F32 [3, 2], but the shape [2, 3] is needed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SavesWholeFiles()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("deep/asset.safetensors");
        SafeTensorsFile file = new(new Dictionary<string, StoredTensor> { ["x"] = StoredTensor.FromSingles([1, 2, 3], 3) });
        file.Save(path);
        AssertEqual(file, SafeTensorsFile.Load(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void AMissingFileIsNamed()
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Load("/nowhere/at-all.safetensors"));
        Assert.Equal("/nowhere/at-all.safetensors: does not exist", error.Message);
    }

    [Fact]
    public void RefusesNamesThatTheFormatCannotHold()
    {
        StoredTensor tensor = StoredTensor.FromSingles([1], 1);
        Assert.Throws<ArgumentException>(() => new SafeTensorsFile(new Dictionary<string, StoredTensor> { ["__metadata__"] = tensor }));
        Assert.Throws<ArgumentException>(() => new SafeTensorsFile(new Dictionary<string, StoredTensor> { ["\ud83d"] = tensor }));
    }

    private static byte[] Written(SafeTensorsFile file)
    {
        using MemoryStream stream = new();
        file.Write(stream);
        return stream.ToArray();
    }

    private static void AssertEqual(SafeTensorsFile expected, SafeTensorsFile actual)
    {
        Assert.Equal(expected.Metadata, actual.Metadata);
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);
        foreach ((string name, StoredTensor tensor) in expected.Tensors)
        {
            Assert.Equal(tensor.ToString(), actual[name].ToString());
            Assert.Equal(tensor.Bytes.ToArray(), actual[name].Bytes.ToArray());
        }
    }

    private static Dictionary<string, string> Strings(JsonElement metadata) => metadata.ValueKind == JsonValueKind.Null
        ? []
        : metadata.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!);

    private static Dictionary<string, T> ByKey<T>(IEnumerable<string> keys, T[] values) =>
        keys.Zip(values).DistinctBy(pair => pair.First).ToDictionary(pair => pair.First, pair => pair.Second);
}
