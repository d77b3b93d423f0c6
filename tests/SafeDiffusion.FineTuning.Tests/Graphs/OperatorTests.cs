using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>Graph layer: each operator's values and gradients are torch's own, in both precisions.</summary>
public sealed class OperatorTests
{
    private static readonly string _folder = Fixture.Locate("gradients", "operators");

    public static TheoryData<string> Cases => [.. Directory.EnumerateFiles(_folder, "*.onnx").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Cases))]
    public void ValuesAndGradientsAreTorchs(string name)
    {
        Compare(name, ScalarType.Float32, 1e-5);
        Compare(name, ScalarType.Float64, 1e-6);
    }

    private static void Compare(string name, ScalarType precision, double tolerance)
    {
        // Half precision is computed in the graph's own, which is closer to the truth than what is stored; the peaked softmax is ill-conditioned.
        if (name.Contains("half", StringComparison.Ordinal)) tolerance = 1e-3;
        else if (name == "softmax-peaked") tolerance = 2e-5;
        SafeTensorsFile stored = SafeTensorsFile.Load(Path.Combine(_folder, name + ".safetensors"));
        using TorchGraph graph = new(OnnxModelFile.Load(Path.Combine(_folder, name + ".onnx")), precision: precision);
        using DisposeScope scope = NewDisposeScope();
        // The second run leaves out what depends on the size alone.
        for (int run = 0; run < 2; run++)
        {
            Dictionary<string, Tensor> inputs = graph.Inputs.ToDictionary(input => input.Name, input => Leaf(stored[$"input/{input.Name}"], precision));
            IReadOnlyDictionary<string, Tensor> outputs = graph.Run(inputs);
            Tensor loss = zeros(1, precision);
            foreach ((string output, Tensor value) in outputs)
            {
                Assert.InRange(Tensors.Error(stored[$"output/{output}"].ToTorch(ScalarType.Float64), value), 0, tolerance);
                loss += (value * stored[$"dy/{output}"].ToTorch(precision)).sum();
            }
            loss.backward();
            foreach (string gradient in stored.Tensors.Keys.Where(key => key.StartsWith("gradient/", StringComparison.Ordinal)))
            {
                Assert.InRange(Tensors.Error(stored[gradient].ToTorch(ScalarType.Float64), inputs[gradient["gradient/".Length..]].grad), 0, tolerance);
            }
        }
    }

    private static Tensor Leaf(StoredTensor stored, ScalarType precision)
    {
        Tensor tensor = stored.ToTorch(precision);
        return tensor.is_floating_point() ? tensor.requires_grad_() : tensor;
    }
}
