using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>A float32 tensor.</summary>
internal sealed record TestTensor(long[] Shape, float[] Values)
{
    public static TestTensor Filled(float value, params long[] shape) => new(shape, [.. Enumerable.Repeat(value, (int)shape.Aggregate(1L, (a, b) => a * b))]);

    /// <summary>Rows of the first axis.</summary>
    public TestTensor Rows(int start, int count)
    {
        int row = Values.Length / (int)Shape[0];
        return new TestTensor([count, .. Shape[1..]], Values[(start * row)..((start + count) * row)]);
    }
}

/// <summary>Reads the fixtures' safetensors files (all float32).</summary>
internal sealed class TestTensors
{
    private readonly Dictionary<string, TestTensor> _tensors = [];

    public TestTensors(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int header = checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        using JsonDocument json = JsonDocument.Parse(bytes.AsMemory(8, header));
        foreach (JsonProperty entry in json.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
                Metadata = entry.Value.EnumerateObject().ToDictionary(item => item.Name, item => item.Value.GetString()!);
            else
                _tensors[entry.Name] = Read(bytes, header + 8, entry.Value);
        }
    }

    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    public TestTensor this[string name] => _tensors[name];

    public string[] Names(string key) => JsonSerializer.Deserialize<string[]>(Metadata[key])!;

    private static TestTensor Read(byte[] bytes, int start, JsonElement entry)
    {
        Assert.Equal("F32", entry.GetProperty("dtype").GetString());
        int[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(value => value.GetInt32())];
        long[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(value => value.GetInt64())];
        return new TestTensor(shape, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start + offsets[0], offsets[1] - offsets[0])).ToArray());
    }
}
