using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>A graph fixture with its reference tensors, and the comparison with them.</summary>
internal sealed class FixtureCase
{
    private readonly bool _half;

    public FixtureCase(string name)
    {
        Name = name;
        Model = OnnxModelFile.Load(GraphFixtures.Model(name));
        Reference = new TestTensors(Path.Combine(GraphFixtures.Root, name, "reference.safetensors"));
        _half = name.StartsWith("fp16", StringComparison.Ordinal);
        string[] layers = Reference.Names("layers");
        DetectionLayers = LayerSelection.ByIndex([.. Reference.Names("detection_layers").Select(layer => Array.IndexOf(layers, layer))]);
        Timestep = float.Parse(Reference.Metadata["timestep"], System.Globalization.CultureInfo.InvariantCulture);
    }

    public static IEnumerable<object[]> Runnable => new[]
    {
        "legacy14-merged", "legacy14-sdpa", "legacy17-sdpa", "sd2-linear", "optimum", "fp16-io16", "fp16-upcast", "fp16-io32", "fused-mha", "dynamo18", "attention23",
    }.Select(name => new object[] { name });

    public string Name { get; }

    public OnnxModelFile Model { get; }

    public TestTensors Reference { get; }

    public float Timestep { get; }

    /// <summary>The reference's detection layers, by their place, so that renamed graphs are served as well.</summary>
    public LayerSelection DetectionLayers { get; }

    public string Output => Model.Outputs[0].Name;

    /// <summary>The largest difference allowed, relative to the largest reference value: 1e-4, for half precision 1e-2.</summary>
    public double Tolerance => _half ? 1e-2 : 1e-4;

    /// <summary>The largest difference that neutral inputs may make, likewise.</summary>
    public double NeutralTolerance => _half ? 1e-2 : 1e-5;

    public OnnxModelFile Instrumented(AttentionFeatures features, OnnxModelFile? model = null) =>
        UNetInstrumentation.Instrument(model ?? Model, new InstrumentationOptions { Features = features, DetectionLayers = DetectionLayers });

    /// <summary>The reference's inputs, with neutral ones for whatever is not named.</summary>
    public Dictionary<string, TestTensor> Inputs(bool wide = false, params string[] active)
    {
        TestTensor sample = Reference[wide ? "sample_wide" : "sample"];
        Dictionary<string, TestTensor> inputs = new() { ["sample"] = sample };
        foreach (string name in new[] { "encoder_hidden_states", "guideline_embeddings", "token_scale", "inhibitor_hidden_states", "inhibitor_scale" })
        {
            TestTensor tensor = Reference[name];
            if (wide && name != "guideline_embeddings")
                tensor = tensor.Rows(1, 1);
            if (!active.Contains(name) && name is "token_scale" or "inhibitor_scale" && !active.Contains(name))
                tensor = TestTensor.Filled(name == "token_scale" ? 1 : 0, tensor.Shape);
            inputs[name] = tensor;
        }
        return inputs;
    }

    /// <summary>The largest absolute difference divided by the largest absolute reference value.</summary>
    public static double Difference(TestTensor expected, TestTensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double largest = expected.Values.Length == 0 ? 1 : Math.Max(expected.Values.Max(Math.Abs), 1e-12f);
        double difference = expected.Values.Zip(actual.Values, (a, b) => float.IsFinite(b) ? Math.Abs(a - b) : double.PositiveInfinity).DefaultIfEmpty().Max();
        return difference / largest;
    }

    public void AssertClose(TestTensor expected, TestTensor actual, double? tolerance = null)
    {
        double difference = Difference(expected, actual);
        Assert.True(difference <= (tolerance ?? Tolerance), $"{Name}: differs by {difference:G3} of the largest value, allowed {tolerance ?? Tolerance:G3}");
    }
}
