using SafeDiffusion.Baking;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging.Comparing;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Policies;
using SafeDiffusion.Quantizing;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: the shapes model with its UNet in 8-bit whole numbers.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class QuantizedModelTests(ShapesModel model)
{
    private static readonly GenerationRequest _request = new("a blue circle and a red triangle") { Steps = 8, Seed = 7 };
    private static readonly QuantizationOptions _options = new() { Prompts = ["a green star", "a blue circle on a white background"], Steps = 4, Timesteps = 2, SensitivitySamples = 0, Threads = 1 };
    private static readonly string _guideline = Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.guideline.safetensors");

    [Fact]
    public async Task DrawsNearlyTheSameAndTakesWhatTheFloatModelLearned()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        string output = folder.File("int8");
        QuantizationPlan plan = await QuantizedModel.WriteAsync(original.Path, output, _options, copyWeights: true);
        Assert.Equal([output], Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.True(plan.MeanSignalToNoise > 20, $"{plan.MeanSignalToNoise} dB");
        Assert.True(new FileInfo(Path.Combine(output, "unet", "model.onnx")).Length < 0.45 * new FileInfo(original.File("unet/model.onnx")).Length);

        SafetyPolicy policy = SafetyPolicy.Empty.AddDetectAndGuide(_guideline);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(output, new PipelineOptions().For(policy));
        GenerationResult quantized = await pipeline.GenerateAsync(_request);
        GenerationResult plain = await model.Pipeline.GenerateAsync(_request);
        Assert.InRange(StructuralSimilarity.Compute(plain.Images[0], quantized.Images[0]), 0.8, 1);
        Assert.NotEqual(plain.Images[0].Pixels.ToArray(), quantized.Images[0].Pixels.ToArray());
        Assert.Equal((plan.Layers.Count, (int?)null), (quantized.Report.Model.QuantizedLayers, plain.Report.Model.QuantizedLayers));
        Assert.Equal(await model.Pipeline.GetWeightsHashAsync(), pipeline.Model.Quantization!.BaseModelHash);
        GenerationResult guarded = await pipeline.GenerateAsync(_request with { Policy = policy });
        Assert.Contains(guarded.Report.Images[0].Steps, step => step.Terms.Any(term => term.Norm > 0));

        // The same in memory, bit for bit; and the plan fits its own model alone.
        PipelineOptions inMemory = new PipelineOptions { Quantization = QuantizationPlan.Load(Path.Combine(output, QuantizationPlan.FileName)) }.For(policy);
        await using (SafeDiffusionPipeline other = await SafeDiffusionPipeline.LoadAsync(original.Path, inMemory))
        {
            GenerationResult same = await other.GenerateAsync(_request with { Policy = policy });
            Assert.Equal(guarded.Images[0].Pixels.ToArray(), same.Images[0].Pixels.ToArray());
            Assert.Equal(plan.BaseModelHash, same.Report.Model.BaseWeightsHash);
        }
        Assert.Contains("quantised already", (await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(output, inMemory))).Message, StringComparison.Ordinal);
        PipelineOptions foreign = inMemory with { Quantization = plan with { BaseModelHash = new string('a', 64) } };
        Assert.Contains("not the model that the plan", (await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(original.Path, foreign))).Message, StringComparison.Ordinal);

        // What the record says holds for the weights that were written alone.
        string unet = Path.Combine(output, "unet", "model.onnx");
        ModelProto changed = OnnxModelFile.Load(unet).Proto.Clone();
        changed.MetadataProps.Single(entry => entry.Key == "safediffusion.quantization").Value = changed.MetadataProps.Single(entry => entry.Key == "safediffusion.quantization").Value.Replace(pipeline.Model.Quantization.ModelHash, new string('b', 64), StringComparison.Ordinal);
        new OnnxModelFile(unet, changed).Save(unet);
        await using SafeDiffusionPipeline stale = await SafeDiffusionPipeline.LoadAsync(output, new PipelineOptions().For(policy));
        Assert.Contains("learned with another model", (await Assert.ThrowsAsync<InvalidRequestException>(() => stale.GenerateAsync(_request with { Policy = policy }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunThatWasCutOffGoesOnToTheSameBytes()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        QuantizationOptions options = _options with { SensitivitySamples = 1, Budget = 25 };
        using CancellationTokenSource cut = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QuantizedModel.WriteAsync(original.Path, folder.File("a"), options, false, new Reporter(value =>
        {
            if (value is { Stage: QuantizationStage.Measuring, Done: 5 }) cut.Cancel();
        }), cut.Token));
        string state = folder.File("a.calibration.json");
        Assert.Equal([state], Directory.EnumerateFileSystemEntries(folder.Path));
        string before = File.ReadAllText(state);
        int observed = 0;
        await QuantizedModel.WriteAsync(original.Path, folder.File("a"), options, false, new Reporter(value => observed += value.Stage == QuantizationStage.Observing ? 1 : 0));
        Assert.Equal(0, observed);
        Assert.Contains("ranges", before, StringComparison.Ordinal);
        await QuantizedModel.WriteAsync(original.Path, folder.File("b"), options);
        foreach (string file in new[] { "unet/model.onnx", QuantizationPlan.FileName })
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder.File("b"), file)), File.ReadAllBytes(Path.Combine(folder.File("a"), file)));
        Assert.False(File.Exists(state));
    }

    [Fact]
    public async Task WhatComesTooLateIsRefused()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        string output = folder.File("int8");
        await QuantizedModel.WriteAsync(original.Path, output, _options);
        string hash = await model.Pipeline.GetWeightsHashAsync();
        int width = model.Pipeline.Model.TextWidth;
        ErasureProjection erasure = new(new() { Concept = "red triangle", BaseModelHash = hash, Tool = "test" }, [.. Enumerable.Range(0, width * width).Select(i => i % (width + 1) == 0 ? 0.5f : 0)], width);
        Assert.Contains("Apply before quantising", (await Assert.ThrowsAsync<InvalidFileException>(() => BakedModel.WriteAsync(output, folder.File("late"), [erasure]))).Message, StringComparison.Ordinal);
        ModelSettings delta = new() { ChangedWeights = new("a.delta.safetensors", "00", hash, true, new Dictionary<string, WeightUpdate>()) };
        Assert.Contains("Apply before quantising", Assert.Throws<InvalidFileException>(() => LoadedModel.Load(output, delta)).Message, StringComparison.Ordinal);
        await Refused(output, "quantised already");
        await Refused(original.Path, "is there already", output);
        original.Replace(UNetInstrumentation.Instrument(OnnxModelFile.Load(original.File("unet/model.onnx")), AttentionFeatures.Detect));
        await Refused(original.Path, "instrumented");
        await Assert.ThrowsAsync<InvalidRequestException>(() => QuantizedModel.WriteAsync(output, folder.File("late"), _options with { Prompts = ["one"] }));
        Assert.Equal([output], Directory.EnumerateFileSystemEntries(folder.Path));

        async Task Refused(string from, string why, string? to = null) =>
            Assert.Contains(why, (await Assert.ThrowsAsync<InvalidFileException>(() => QuantizedModel.WriteAsync(from, to ?? folder.File("late"), _options))).Message, StringComparison.Ordinal);
    }

    private sealed class Reporter(Action<QuantizationProgress> report) : IProgress<QuantizationProgress>
    {
        public void Report(QuantizationProgress value) => report(value);
    }
}
