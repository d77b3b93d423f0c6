using System.Text.Json;
using SafeDiffusion.Core.Tensors;

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

/// <summary>A fixture's reference values (all float32).</summary>
internal sealed class TestTensors(string path)
{
    private readonly SafeTensorsFile _file = SafeTensorsFile.Load(path);

    public IReadOnlyDictionary<string, string> Metadata => _file.Metadata;

    public TestTensor this[string name] => new([.. _file[name].Shape], _file[name].ToSingles());

    public string[] Names(string key) => JsonSerializer.Deserialize<string[]>(Metadata[key])!;
}
