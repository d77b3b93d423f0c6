using System.Text;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Files;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Assets;

/// <summary>Formula layer: .npy files against NumPy's, and against itself.</summary>
public sealed class NpyFileTests
{
    private static readonly ElementType[] _numPyTypes =
    [
        ElementType.Bool, ElementType.U8, ElementType.I8, ElementType.U16, ElementType.I16, ElementType.F16,
        ElementType.U32, ElementType.I32, ElementType.F32, ElementType.U64, ElementType.I64, ElementType.F64,
    ];

    public static TheoryData<string> Valid => FormatFixtures.Names("npy", valid: true);

    public static TheoryData<string> Broken => FormatFixtures.Names("npy", valid: false);

    [Theory, MemberData(nameof(Valid))]
    public void ReadsWhatNumPyWrote(string file) =>
        FormatFixtures.AssertEqual(FormatFixtures.Entry("npy", file), NpyFile.Load(FormatFixtures.PathOf(file)));

    [Theory, MemberData(nameof(Valid))]
    public void WritesTheBytesOfNumPy(string file)
    {
        JsonElement entry = FormatFixtures.Entry("npy", file);
        bool versionOne = entry.GetProperty("version")[0].GetInt32() == 1;
        bool reordered = entry.GetProperty("fortran").GetBoolean() || file.Contains("big_endian", StringComparison.Ordinal);
        if (!versionOne || reordered) return;
        byte[] bytes = File.ReadAllBytes(FormatFixtures.PathOf(file));
        Assert.Equal(bytes, Written(NpyFile.Read(bytes, file)));
    }

    [Theory, MemberData(nameof(Broken))]
    public void RefusesBrokenFilesWithoutLargeAllocations(string file)
    {
        string path = FormatFixtures.PathOf(file);
        byte[] bytes = File.ReadAllBytes(path);
        long before = GC.GetAllocatedBytesForCurrentThread();

        InvalidFileException error = Assert.Throws<InvalidFileException>(() => NpyFile.Load(path));
        Assert.Throws<InvalidFileException>(() => NpyFile.Read(bytes, file));
        Assert.Throws<InvalidFileException>(() => NpyFile.Read(new ForwardStream(bytes), file));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("npy_bad_zip.npy", "npz")]
    [InlineData("npy_bad_object_dtype.npy", "never loaded")]
    [InlineData("npy_bad_structured_dtype.npy", "records")]
    [InlineData("npy_bad_complex_dtype.npy", "complex")]
    [InlineData("npy_bad_string_dtype.npy", "strings")]
    [InlineData("npy_bad_unknown_dtype.npy", "'<f3' is not known")]
    [InlineData("npy_bad_truncated_data.npy", "ends early")]
    public void SaysWhy(string file, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidFileException>(() => NpyFile.Load(FormatFixtures.PathOf(file))).Reason, StringComparison.Ordinal);

    [Fact]
    public void WhatWasWrittenIsReadBack() => Properties.ForAll(Generate.TensorsOf(_numPyTypes), tensor =>
    {
        byte[] bytes = Written(tensor);
        Assert.Equal(0, (bytes.Length - tensor.Bytes.Length) % 64);
        AssertEqual(tensor, NpyFile.Read(bytes, "memory"));
        AssertEqual(tensor, NpyFile.Read(new MemoryStream(bytes), "stream"));
        AssertEqual(tensor, NpyFile.Read(new ForwardStream(bytes), "forward stream"));
    });

    [Theory, MemberData(nameof(Valid))]
    public void DamageIsRefusedOrHarmless(string file)
    {
        byte[] bytes = File.ReadAllBytes(FormatFixtures.PathOf(file));
        Properties.ForAll(Damage.Several, edits =>
        {
            byte[] damaged = Damage.Apply(edits, bytes);
            if (Record.Exception(() => NpyFile.Read(damaged, file)) is Exception error) Assert.IsType<InvalidFileException>(error);
        }, count: 500);
    }

    [Theory]
    [InlineData("{'descr': \"<u2\", 'shape': (2,), 'fortran_order': False}", true)]
    [InlineData("{ 'descr' : '<u2' , 'fortran_order' : True , 'shape' : ( 1 , 2 , ) , }", true)]
    [InlineData("{'descr': '<u2', 'descr': '<u2', 'fortran_order': False, 'shape': (2,)}", false)]
    [InlineData("{'descr': '<u2', 'fortran_order': 0, 'shape': (2,)}", false)]
    [InlineData("{'descr': '<u2', 'fortran_order': False, 'shape': (2)}", false)]
    [InlineData("{'descr': '<u2', 'fortran_order': False, 'shape': (+2,)}", false)]
    [InlineData("{'descr': '<u2', 'fortran_order': False, 'shape': (2 3)}", false)]
    [InlineData("{'descr': '<u2', 'fortran_order': False, 'shape': (2,)} + {}", false)]
    [InlineData("{'descr': '|u2', 'fortran_order': False, 'shape': (2,)}", false)]
    [InlineData("{'descr': '', 'fortran_order': False, 'shape': (2,)}", false)]
    [InlineData("{'descr': [[], 'fortran_order': False, 'shape': (2,)}", false)]
    public void ReadsTheHeaderAsPythonWould(string header, bool valid)
    {
        byte[] bytes = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), 1, 0, 2, 0];
        if (valid) Assert.Equal([1, 2], NpyFile.Read(bytes, "header").ToInt64s());
        else Assert.Throws<InvalidFileException>(() => NpyFile.Read(bytes, "header"));
    }

    [Fact]
    public void RefusesToWriteWhatNumPyDoesNotKnow()
    {
        StoredTensor tensor = new(ElementType.BF16, [1], new byte[2]);
        Assert.Throws<ArgumentException>(() => NpyFile.Write(Stream.Null, tensor));
    }

    [Fact]
    public void Saves()
    {
        using TemporaryFolder folder = new();
        StoredTensor tensor = StoredTensor.FromDoubles([1, 2, 3, 4, 5, 6], 2, 3);
        NpyFile.Save(folder.File("x.npy"), tensor);
        AssertEqual(tensor, NpyFile.Load(folder.File("x.npy")));
    }

    private static byte[] Written(StoredTensor tensor)
    {
        using MemoryStream stream = new();
        NpyFile.Write(stream, tensor);
        return stream.ToArray();
    }

    private static void AssertEqual(StoredTensor expected, StoredTensor actual)
    {
        Assert.Equal(expected.ToString(), actual.ToString());
        Assert.Equal(expected.Bytes.ToArray(), actual.Bytes.ToArray());
    }
}
