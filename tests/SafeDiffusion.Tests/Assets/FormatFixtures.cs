using System.Text.Json;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Assets;

/// <summary>The manifest of tests/Fixtures/numerics/formats: what safetensors makes of each file.</summary>
internal static class FormatFixtures
{
    private static readonly JsonElement _manifest =
        JsonDocument.Parse(File.ReadAllBytes(Fixture.Locate("numerics", "formats", "manifest.json"))).RootElement;

    /// <summary>The names of the manifest's files.</summary>
    public static TheoryData<string> Names(bool valid) =>
        [.. Entries.Where(entry => entry.GetProperty("valid").GetBoolean() == valid).Select(entry => entry.GetProperty("file").GetString()!)];

    /// <summary>What the manifest says of a file.</summary>
    public static JsonElement Entry(string file) => Entries.Single(entry => entry.GetProperty("file").GetString() == file);

    /// <summary>A file's path.</summary>
    public static string PathOf(string file) => Fixture.Locate("numerics", "formats", file);

    /// <summary>Asserts shape and every element, bit for bit.</summary>
    public static void AssertEqual(JsonElement expected, StoredTensor actual)
    {
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt64()), actual.Shape);
        Assert.Equal(TypeOf(expected.GetProperty("dtype").GetString()!), actual.Type);
        JsonElement[] values = [.. expected.GetProperty("row_major_values").EnumerateArray()];
        if (actual.Type is ElementType.F16 or ElementType.BF16 or ElementType.F32 or ElementType.F64) AssertFloats(values, actual);
        else Assert.Equal(values.Select(Integer), actual.ToInt64s());
    }

    private static void AssertFloats(JsonElement[] values, StoredTensor actual)
    {
        double[] expected = [.. values.Select(Number)];
        Assert.Equal(expected.Select(Bits), actual.ToDoubles().Select(Bits));
        Assert.Equal(expected.Select(value => Bits((float)value)), actual.ToSingles().Select(value => Bits(value)));
    }

    // All NaN count as one; 0 and -0 differ.
    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(double.IsNaN(value) ? double.NaN : value);

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : value.GetString() switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        string other => throw new FormatException(other),
        null => throw new FormatException(),
    };

    private static long Integer(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => value.GetInt64(),
    };

    private static ElementType TypeOf(string name) => name switch
    {
        "float16" => ElementType.F16,
        "bfloat16" => ElementType.BF16,
        "float32" => ElementType.F32,
        "float64" => ElementType.F64,
        "int8" => ElementType.I8,
        "int16" => ElementType.I16,
        "int32" => ElementType.I32,
        "int64" => ElementType.I64,
        "uint8" => ElementType.U8,
        "bool" => ElementType.Bool,
        _ => throw new FormatException(name),
    };

    private static JsonElement.ArrayEnumerator Entries => _manifest.GetProperty("safetensors").EnumerateArray();
}
