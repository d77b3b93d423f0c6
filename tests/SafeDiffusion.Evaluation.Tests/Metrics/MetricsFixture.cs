using System.Text.Json.Nodes;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>What scikit-image and scipy compute: tests/Fixtures/numerics/metrics.*.</summary>
internal static class MetricsFixture
{
    private static readonly SafeTensorsFile _tensors = SafeTensorsFile.Load(Fixture.Locate("numerics", "metrics.safetensors"));

    public static JsonNode Results { get; } = JsonNode.Parse(File.ReadAllText(Fixture.Locate("numerics", "metrics.json")))!;

    public static IEnumerable<string> Names(string metric) => Results[metric]!.AsObject().Select(entry => entry.Key).Where(name => name != "10x10");

    public static double Value(string metric, string name, string field) => Results[metric]![name]![field]!.GetValue<double>();

    public static RgbImage Image(string name)
    {
        StoredTensor tensor = _tensors[name];
        return new RgbImage((int)tensor.Shape[1], (int)tensor.Shape[0], tensor.Bytes);
    }

    public static float[][] Features(string name)
    {
        StoredTensor tensor = _tensors[name];
        return [.. tensor.ToSingles().Chunk((int)tensor.Shape[1])];
    }
}
