using System.Text.Json;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Graphs;
using SafeDiffusion.FineTuning.Optimizing;
using SafeDiffusion.FineTuning.Parameters;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>Formula layer: ten steps of each method have the reference's losses, gradients and parameters.</summary>
public sealed class MethodTests
{
    private static readonly string _gradients = Fixture.Locate("gradients");

    [Theory]
    [InlineData("dynamo18-sdpa")]
    [InlineData("legacy14-merged")]
    public void TenStepsOfSurgicalFineTuningAreTheReferences(string export)
    {
        SafeTensorsFile inputs = Load("finetune-sce", "inputs");
        SurgicalLoss loss = new([new SignalInstruction(inputs["instructions"].ToTorch()[0], -7.5)]);
        Run(export, "finetune-sce", TrainedWeights.Outputs, loss, 1e-3, (step, timestep) =>
            new TrainingSample(inputs["latents"].ToTorch()[step], timestep, inputs["prompt"].ToTorch(), inputs["null"].ToTorch()));
    }

    [Theory]
    [InlineData("dynamo18-sdpa")]
    [InlineData("legacy14-merged")]
    public void TenStepsOfTrajectorySteeringAreTheReferences(string export)
    {
        SafeTensorsFile inputs = Load("finetune-trce/refined-text", "inputs");
        long[] unconditional = inputs["timesteps_unconditional"].ToInt64s();
        TrajectoryLoss loss = new() { Projection = inputs["erasure_projection"].ToTorch() };
        Run(export, "finetune-trce/refined-text", TrainedWeights.Visual, loss, 1e-4, (step, timestep) =>
            new TrainingSample(inputs["latents"].ToTorch()[step], timestep, inputs["concept"].ToTorch()[step], inputs["null"].ToTorch())
            {
                Safe = inputs["safe"].ToTorch()[step],
                Unconditional = inputs["latents_unconditional"].ToTorch()[step],
                UnconditionalTimestep = unconditional[step],
            });
    }

    private static void Run(string export, string folder, TrainedWeights weights, IFineTuningLoss loss, double preserveTolerance, Func<int, long, TrainingSample> sample)
    {
        SafeTensorsFile wanted = Load(folder, "trajectory");
        long[] timesteps = Load(folder, "inputs")["timesteps"].ToInt64s();
        Dictionary<string, (string Initializer, bool Transposed)> names = Names(export, wanted);
        OnnxModelFile model = OnnxModelFile.Load(Path.Combine(_gradients, "unet", export + ".onnx"));
        IReadOnlyList<string> chosen = ParameterChoice.Of(model, weights);
        Assert.Equal(names.Values.Select(name => name.Initializer).Order(), chosen.Order());

        using UNetGraph unet = new(model, chosen);
        using AdamW optimizer = new(unet.Graph.Parameters, new AdamWSettings { LearningRate = 1e-4 });
        for (int step = 0; step < 10; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            StepLoss losses = loss.Compute(unet, sample(step, timesteps[step]));
            RequireNear(wanted, "erase", step, losses.Erase, 1e-4);
            RequireNear(wanted, "preserve", step, losses.Preserve, preserveTolerance);
            RequireNear(wanted, "total", step, losses.Total, 1e-4);
            losses.Total.backward();
            if (step == 0) RequireGradients(wanted, names, unet);
            double norm = optimizer.Step();
            Assert.Equal(wanted["gradient_norm"].ToDoubles()[step], norm, 1e-3 * wanted["gradient_norm"].ToDoubles()[step]);
            if (step is 0 or 9) RequireParameters(wanted, $"parameter/step{step + 1}/", names, unet);
        }
    }

    private static void RequireNear(SafeTensorsFile wanted, string loss, int step, Tensor got, double tolerance)
    {
        double[] values = wanted[$"loss/{loss}"].ToDoubles();
        Assert.Equal(values[step], got.to(ScalarType.Float64).item<double>(), tolerance * values.Max());
    }

    private static void RequireGradients(SafeTensorsFile wanted, Dictionary<string, (string Initializer, bool Transposed)> names, UNetGraph unet)
    {
        foreach ((string name, (string initializer, bool transposed)) in names)
        {
            Tensor gradient = unet.Graph.Parameters[initializer].grad!;
            Assert.InRange(Tensors.Error(wanted[$"gradient/step1/{name}"].ToTorch(ScalarType.Float64), transposed ? gradient.t() : gradient), 0, 1e-4);
        }
    }

    private static void RequireParameters(SafeTensorsFile wanted, string prefix, Dictionary<string, (string Initializer, bool Transposed)> names, UNetGraph unet)
    {
        Tensor differences = cat([.. names.Select(name =>
        {
            Tensor parameter = unet.Graph.Parameters[name.Value.Initializer].detach();
            return (wanted[prefix + name.Key].ToTorch(ScalarType.Float64) - (name.Value.Transposed ? parameter.t() : parameter).to(ScalarType.Float64)).abs().flatten();
        })]);
        Assert.InRange(differences.mean().item<double>(), 0, 2e-7);
        Assert.InRange((differences > 2e-6).sum().item<long>(), 0, differences.numel() / 1000);
    }

    private static Dictionary<string, (string Initializer, bool Transposed)> Names(string export, SafeTensorsFile wanted)
    {
        using JsonDocument about = JsonDocument.Parse(File.ReadAllText(Path.Combine(_gradients, "unet", "about.json")));
        return about.RootElement.GetProperty("exports").GetProperty(export).GetProperty("parameters").EnumerateObject()
            .Where(entry => wanted.Tensors.ContainsKey($"parameter/start/{entry.Name}"))
            .ToDictionary(entry => entry.Name, entry => (entry.Value.GetProperty("initializer").GetString()!, entry.Value.GetProperty("transposed").GetBoolean()));
    }

    private static SafeTensorsFile Load(string folder, string name) => SafeTensorsFile.Load(Path.Combine(_gradients, folder, name + ".safetensors"));
}
