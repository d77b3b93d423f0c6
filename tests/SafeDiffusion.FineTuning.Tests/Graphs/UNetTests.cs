using System.Text.Json;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Losses;
using SafeDiffusion.FineTuning.Parameters;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>Graph layer: whole UNets give torch's values and gradients, whichever exporter wrote them.</summary>
public sealed class UNetTests
{
    private static readonly string _folder = Fixture.Locate("gradients", "unet");

    [Theory]
    [InlineData("dynamo18-sdpa", ScalarType.Float32, 1e-4)]
    [InlineData("dynamo18-sdpa", ScalarType.Float64, 1e-5)]
    [InlineData("legacy14-merged", ScalarType.Float32, 1e-4)]
    [InlineData("legacy14-merged", ScalarType.Float64, 1e-5)]
    public void ATinyUNetGivesTorchsValuesAndGradients(string name, ScalarType precision, double tolerance)
    {
        using JsonDocument about = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "about.json")));
        Dictionary<string, (string Initializer, bool Transposed)> parameters = about.RootElement.GetProperty("exports").GetProperty(name).GetProperty("parameters").EnumerateObject()
            .ToDictionary(entry => entry.Name, entry => (entry.Value.GetProperty("initializer").GetString()!, entry.Value.GetProperty("transposed").GetBoolean()));
        SafeTensorsFile stored = SafeTensorsFile.Load(Path.Combine(_folder, "reference.safetensors"));
        using TorchGraph graph = new(OnnxModelFile.Load(Path.Combine(_folder, name + ".onnx")), [.. parameters.Values.Select(entry => entry.Initializer)], precision);
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> inputs = Inputs(graph, stored, precision);
        Tensor output = graph.Run(inputs).Values.Single();
        Assert.InRange(Tensors.Error(stored["out_sample"].ToTorch(ScalarType.Float64), output), 0, tolerance);
        output.backward([stored["dy"].ToTorch(precision)]);
        foreach (string input in (string[])["sample", "encoder_hidden_states"]) Assert.InRange(Tensors.Error(stored["gradient/" + input].ToTorch(ScalarType.Float64), inputs[input].grad), 0, tolerance);
        foreach ((string parameter, (string initializer, bool transposed)) in parameters)
        {
            Tensor gradient = graph.Parameters[initializer].grad!;
            Assert.InRange(Tensors.Error(stored["gradient/" + parameter].ToTorch(ScalarType.Float64), transposed ? gradient.t() : gradient), 0, tolerance);
        }
    }

    [Fact]
    public void WhatTheExporterHasTakenApartIsRunAsOne()
    {
        using TorchGraph graph = new(OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx")));
        using DisposeScope scope = NewDisposeScope();
        using IDisposable tapeless = no_grad();
        Dictionary<string, Tensor> inputs = new() { ["sample"] = randn(2, 4, 16, 16), ["timestep"] = full([1], 500, ScalarType.Int64), ["encoder_hidden_states"] = randn(2, 24, 64) };
        _ = graph.Run(inputs);
        // 777 of them do not depend on shapes alone.
        Assert.Equal(576, graph.NodesOfLastRun);
    }

    [Fact]
    public void ShapesAreComputedOncePerSizeOfTheInputs()
    {
        SafeTensorsFile stored = SafeTensorsFile.Load(Path.Combine(_folder, "reference.safetensors"));
        using TorchGraph graph = new(OnnxModelFile.Load(Path.Combine(_folder, "legacy14-merged.onnx")));
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> inputs = Inputs(graph, stored, ScalarType.Float32);
        using IDisposable tapeless = no_grad();
        Tensor first = graph.Run(inputs).Values.Single();
        int left = graph.NodesOfLastRun;
        Assert.InRange(left, 1, 1000);
        Tensor again = graph.Run(inputs).Values.Single();
        Assert.Equal(left, graph.NodesOfLastRun);
        Assert.Equal(0, Tensors.Error(first.to(ScalarType.Float64), again));
        inputs["sample"] = inputs["sample"].slice(0, 0, 1, 1);
        inputs["encoder_hidden_states"] = inputs["encoder_hidden_states"].slice(0, 0, 1, 1);
        Assert.InRange(Tensors.Error(first.slice(0, 0, 1, 1).to(ScalarType.Float64), graph.Run(inputs).Values.Single()), 0, 1e-5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void ActivationsThatAreComputedAgainGiveTheSameGradients(int pieces)
    {
        OnnxModelFile model = OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx"));
        IReadOnlyList<string> parameters = ParameterChoice.Of(model, TrainedWeights.Visual);
        using DisposeScope scope = NewDisposeScope();
        (double wantedLoss, Dictionary<string, Tensor> wanted) = Gradients(null);
        (double loss, Dictionary<string, Tensor> actual) = Gradients(pieces);
        Assert.Equal(wantedLoss, loss, 1e-12);
        Assert.Equal(parameters.Count, wanted.Count);
        Assert.All(wanted, pair => Assert.InRange(Tensors.Error(pair.Value, actual[pair.Key]), 0, 1e-9));

        (double Loss, Dictionary<string, Tensor> Gradients) Gradients(int? count)
        {
            using UNetGraph unet = new(model, parameters, ScalarType.Float64) { RecomputedPieces = count };
            using Generator generator = new(5);
            Tensor latents = randn([1, 4, 16, 16], generator: generator), text = randn([1, 24, 64], generator: generator);
            // Two predictions of one loss, as the methods have them.
            Tensor sum = unet.Student(latents, 401, text).square().mean() + unet.Student(latents, 801, text).abs().mean();
            unet.Backward(sum);
            return (sum.item<double>(), unet.Graph.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.grad!.clone()));
        }
    }

    private static Dictionary<string, Tensor> Inputs(TorchGraph graph, SafeTensorsFile stored, ScalarType precision) => graph.Inputs.ToDictionary(input => input.Name, input =>
        stored.Tensors.TryGetValue(input.Name, out StoredTensor? tensor) ? tensor.ToTorch(precision).requires_grad_()
            : input.ElementType == OnnxElementType.Int64 ? torch.tensor(new long[] { 501 }) : torch.full([2], 501, precision));
}
