using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: cross-attention written in ways that no fixture has, against the formulas.</summary>
public sealed class WritingTests
{
    public static IEnumerable<object[]> Writings => Enum.GetValues<Writing>().Select(writing => new object[] { writing });

    [Theory]
    [MemberData(nameof(Writings))]
    public void However_it_is_written_it_agrees_with_the_formulas(Writing writing)
    {
        MiniUNet net = new(writing);
        OnnxModelFile model = net.Build();
        OnnxModelFile edited = UNetInstrumentation.Instrument(model, AttentionFeatures.All, LayerSelection.All);
        GraphChecker.Check(edited);
        Assert.Equal(net.Heads, Assert.Single(UNetInstrumentation.Analyze(edited).CrossAttention).Heads);
        Assert.Equal(writing != Writing.PackedMultiHead, UNetInstrumentation.Analyze(model).RunsOnCpu);
        using TestSession session = new(PackedAttention.Unpacked(edited));
        using TestSession plain = new(PackedAttention.Unpacked(model));
        int batch = writing switch { Writing.ConstantReshapes => 2, Writing.FixedSizes => 1, _ => 3 };
        foreach ((int height, int width) in new[] { (4, 6), (5, 3) }[..(writing == Writing.FixedSizes ? 1 : 2)])
        {
            Dictionary<string, TestTensor> inputs = Inputs(batch, height, width, neutral: true);
            Dictionary<string, TestTensor> results = session.Run(0, inputs);
            Close([.. plain.Run(0, inputs)["out_sample"].Values.Select(value => (double)value)], results["out_sample"], 1e-5);
            inputs = Inputs(batch, height, width, neutral: false);
            results = session.Run(0, inputs);
            MiniReference reference = new(net);
            Close(reference.Run(inputs), results["out_sample"], 1e-4);
            Close(reference.Scores, results["detection_scores"], 1e-4);
            Close(reference.Response, results["inhibitor_response"], 1e-4);
            inputs["inhibitor_mask"] = Mask(batch, height, width);
            results = session.Run(0, inputs);
            Close(reference.Run(inputs), results["out_sample"], 1e-4);
            Close(reference.Response, results["inhibitor_response"], 1e-4);
        }
    }

    /// <summary>A mask of its own for each row and concept, of which a third is 0.</summary>
    private static TestTensor Mask(int batch, int height, int width)
    {
        Random random = new(5);
        return new([batch, 2, height, width], [.. Enumerable.Range(0, batch * 2 * height * width).Select(_ => Math.Max(0, (random.NextSingle() * 1.5f) - 0.5f))]);
    }

    private static Dictionary<string, TestTensor> Inputs(int batch, int height, int width, bool neutral)
    {
        Random random = new(3);
        TestTensor Random(params long[] shape) => new(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (random.NextSingle() * 4) - 2)]);
        return new()
        {
            ["sample"] = Random(batch, MiniUNet.Channels, height, width),
            ["encoder_hidden_states"] = Random(batch, 7, MiniUNet.TextWidth),
            ["guideline_embeddings"] = Random(2, MiniUNet.TextWidth),
            ["token_scale"] = neutral ? TestTensor.Filled(1, batch, 7) : Random(batch, 7),
            ["inhibitor_hidden_states"] = Random(batch, 2, 7, MiniUNet.TextWidth),
            ["inhibitor_scale"] = neutral ? TestTensor.Filled(0, batch, 2, 7) : Random(batch, 2, 7),
        };
    }

    private static void Close(double[] expected, TestTensor actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Values.Length);
        double difference = expected.Zip(actual.Values, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs);
        Assert.True(difference <= tolerance, $"differs by {difference:G3} of the largest value");
    }
}
