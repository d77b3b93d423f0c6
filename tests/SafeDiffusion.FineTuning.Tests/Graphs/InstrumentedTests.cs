using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>Graph layer: what instrumentation adds, against double precision by other operators than ONNX Runtime's.</summary>
public sealed class InstrumentedTests
{
    private const int Concepts = 2;

    [Theory]
    [InlineData("legacy14-sdpa")]
    [InlineData("attention23")]
    [InlineData("dynamo18")]
    [InlineData("fused-mha")]
    [InlineData("optimum")]
    public void InhibitionAndReweightingGiveWhatDoublePrecisionGives(string export)
    {
        using TemporaryFolder folder = new();
        OnnxModelFile plain = OnnxModelFile.Load(Path.Combine(Fixture.Root, "tests", "Fixtures", "graphs", export, "unet", "model.onnx"));
        UNetInstrumentation.Instrument(plain, AttentionFeatures.Reweight | AttentionFeatures.Inhibit).Save(folder.File("model.onnx"));
        OnnxModelFile added = OnnxModelFile.Load(folder.File("model.onnx"));
        using DisposeScope scope = NewDisposeScope();
        using IDisposable tapeless = no_grad();
        using RuntimeReference unchanged = new(plain), runtime = new(added);
        using TorchGraph original = new(plain, precision: ScalarType.Float64), graph = new(added, precision: ScalarType.Float64);
        Dictionary<string, Tensor> inputs = unchanged.MakeInputs(1);
        Tensor text = inputs["encoder_hidden_states"];
        (long rows, long tokens) = (text.shape[0], text.shape[1]);
        Tensor concepts = text.unsqueeze(1).expand(rows, Concepts, tokens, text.shape[2]).roll(1, 2).contiguous();
        using Generator generator = new(11);

        // Neutral, the additions change nothing at all.
        Tensor wanted = original.Run(inputs).Values.Single();
        Tensor neutral = graph.Run(With(ones([rows, tokens]), zeros([rows, Concepts, tokens])))["out_sample"];
        Assert.InRange(Tensors.Error(wanted, neutral), 0, 1e-12);

        Tensor factors = rand([rows, tokens], generator: generator) * 2;
        Tensor weights = rand([rows, Concepts, tokens], generator: generator);
        foreach (Dictionary<string, Tensor> given in (Dictionary<string, Tensor>[])[With(factors, zeros([rows, Concepts, tokens])), With(ones([rows, tokens]), weights), With(factors, weights)])
        {
            IReadOnlyDictionary<string, Tensor> reference = graph.Run(given);
            Assert.True(Tensors.Error(wanted, reference["out_sample"]) > 1e-3, "the additions do not act");
            foreach ((string name, Tensor actual) in runtime.Run(given))
            {
                double error = Tensors.Error(reference[name], actual);
                Assert.True(error < 1e-4, $"{name} differs by {error}");
            }
        }

        Dictionary<string, Tensor> With(Tensor scale, Tensor inhibition) => new(inputs)
        {
            [AddedNames.TokenScale] = scale,
            [AddedNames.InhibitorHiddenStates] = concepts,
            [AddedNames.InhibitorScale] = inhibition,
        };
    }
}
