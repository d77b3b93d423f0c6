using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Graphs;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.Fixtures;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Optimizing;

/// <summary>Formula layer: AdamW is torch's.</summary>
public sealed class AdamWTests
{
    private static readonly string[] _parameters = ["a", "b", "c"];

    [Theory]
    [InlineData(ScalarType.Float64, 1e-12)]
    [InlineData(ScalarType.Float32, 5e-6)]
    public void TwentyStepsAreTorchsInEverySetting(ScalarType precision, double tolerance)
    {
        AutogradLibrary.Load();
        SafeTensorsFile stored = SafeTensorsFile.Load(Fixture.Locate("gradients", "adamw.safetensors"));
        using JsonDocument cases = JsonDocument.Parse(stored.Metadata["cases"]);
        foreach (JsonElement one in cases.RootElement.EnumerateArray())
        {
            using DisposeScope scope = NewDisposeScope();
            string name = one.GetProperty("name").GetString()!;
            Dictionary<string, Tensor> parameters = _parameters.ToDictionary(parameter => parameter, parameter => stored[$"start/{parameter}"].ToTorch(precision).requires_grad_());
            using AdamW optimizer = new(parameters, new AdamWSettings
            {
                LearningRate = one.GetProperty("learning_rate").GetDouble(),
                WeightDecay = one.GetProperty("weight_decay").GetDouble(),
                Clip = one.GetProperty("clip").ValueKind == JsonValueKind.Null ? null : one.GetProperty("clip").GetDouble(),
            });
            double[] norms = stored["gradient_norm"].ToDoubles();
            for (int step = 0; step < 20; step++)
            {
                foreach ((string parameter, Tensor value) in parameters) value.grad = stored[$"gradient/{parameter}"].ToTorch(precision).select(0, step);
                Assert.Equal(norms[step], optimizer.Step(), norms[step] * 1e-6);
                foreach ((string parameter, Tensor value) in parameters)
                {
                    Tensor wanted = stored[$"{name}/float64/parameter/{parameter}"].ToTorch(ScalarType.Float64).select(0, step);
                    Assert.InRange((wanted - value.detach().to(ScalarType.Float64)).abs().max().item<double>(), 0, tolerance);
                }
            }
        }
    }

    [Fact]
    public void AGradientThatIsNotFiniteChangesNothingAndIsNamed()
    {
        AutogradLibrary.Load();
        using Tensor parameter = ones(2, requires_grad: true);
        using AdamW optimizer = new(new Dictionary<string, Tensor> { ["weight"] = parameter }, new AdamWSettings());
        parameter.grad = tensor(new[] { float.NaN, 1 });
        Assert.Contains("'weight'", Assert.Throws<NotFiniteException>(() => optimizer.Step()).Message, StringComparison.Ordinal);
        Assert.Equal([1, 1], parameter.data<float>().ToArray());
    }

    [Fact]
    public void ASettingOutOfRangeIsNamed() =>
        Assert.Equal("learningRate", Assert.Throws<InvalidRequestException>(() => new AdamW(new Dictionary<string, Tensor>(), new AdamWSettings { LearningRate = 0 })).Field);
}
