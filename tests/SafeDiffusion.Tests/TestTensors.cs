using System.Runtime.InteropServices;
using System.Text.Json;

namespace SafeDiffusion;

/// <summary>A tensor of a fixture, in its own element type.</summary>
internal sealed record TestTensor(long[] Shape, string Type, Array Data)
{
    public float[] Floats => (float[])Data;

    public double[] Doubles => (double[])Data;

    public long[] Longs => (long[])Data;
}

/// <summary>Reads the fixtures' own, trusted safetensors files; the library's reader is tested elsewhere.</summary>
internal sealed class TestTensors
{
    private readonly Dictionary<string, TestTensor> _tensors = [];

    public Dictionary<string, string> Metadata { get; } = [];

    public IEnumerable<string> Names => _tensors.Keys;

    public TestTensor this[string name] => _tensors[name];

    public bool TryGet(string name, out TestTensor? tensor) => _tensors.TryGetValue(name, out tensor);

    public static TestTensors Load(string path)
    {
        TestTensors tensors = new();
        byte[] file = File.ReadAllBytes(path);
        int headerLength = (int)BitConverter.ToUInt64(file);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, headerLength));
        foreach (JsonProperty property in header.RootElement.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                foreach (JsonProperty pair in property.Value.EnumerateObject()) tensors.Metadata[pair.Name] = pair.Value.GetString()!;
                continue;
            }
            int[] range = property.Value.GetProperty("data_offsets").Deserialize<int[]>()!;
            string type = property.Value.GetProperty("dtype").GetString()!;
            Array data = Read(type, file.AsSpan(8 + headerLength)[range[0]..range[1]]);
            tensors._tensors[property.Name] = new TestTensor(property.Value.GetProperty("shape").Deserialize<long[]>()!, type, data);
        }
        return tensors;
    }

    private static Array Read(string type, ReadOnlySpan<byte> bytes) => type switch
    {
        "F32" => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
        "F64" => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        "I64" => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
        _ => throw new NotSupportedException(type),
    };
}
