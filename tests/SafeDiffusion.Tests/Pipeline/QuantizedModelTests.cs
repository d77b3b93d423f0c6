using System.Text.Json;
using SafeDiffusion.Baking;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging.Comparing;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Policies;
using SafeDiffusion.Quantizing;
using SafeDiffusion.Verification;

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
    public async Task TheDecoderIsQuantisedOnDemand()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        string output = folder.File("int8");
        // The decoder is observed once a picture: one picture's colours are not all that it meets.
        QuantizationOptions options = _options with { Prompts = ["a green star", "a blue circle on a white background", "a red square on a black background", "a yellow circle"], Steps = 8, VaeDecoder = true };
        QuantizationPlan plan = await QuantizedModel.WriteAsync(original.Path, output, options, copyWeights: true);
        Assert.Equal(25, plan.VaeDecoder!.Layers.Count);
        Assert.True(plan.VaeDecoder.SignalToNoise > 15, $"{plan.VaeDecoder.SignalToNoise} dB");
        Assert.True(new FileInfo(Path.Combine(output, "vae_decoder", "model.onnx")).Length < 0.35 * new FileInfo(original.File("vae_decoder/model.onnx")).Length);

        // The UNet is the one that is made without; so the latents are, to the bit.
        PipelineOptions without = new() { Quantization = plan with { VaeDecoder = null } };
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(output), unetOnly = await SafeDiffusionPipeline.LoadAsync(original.Path, without);
        GenerationRequest request = _request with { KeepLatents = true };
        GenerationResult both = await pipeline.GenerateAsync(request), one = await unetOnly.GenerateAsync(request);
        Assert.Equal(one.Latents!.Steps.ToSingles(), both.Latents!.Steps.ToSingles());
        Assert.NotEqual(one.Images[0].Pixels.ToArray(), both.Images[0].Pixels.ToArray());
        Assert.InRange(PeakSignalToNoise.Compute(one.Images[0], both.Images[0]), 20, 70);
        Assert.Equal((25, (int?)null), (both.Report.Model.QuantizedDecoderLayers, one.Report.Model.QuantizedDecoderLayers));
        await using (SafeDiffusionPipeline inMemory = await SafeDiffusionPipeline.LoadAsync(original.Path, new PipelineOptions { Quantization = QuantizationPlan.Load(Path.Combine(output, QuantizationPlan.FileName)) }))
            Assert.Equal(both.Images[0].Pixels.ToArray(), (await inMemory.GenerateAsync(request)).Images[0].Pixels.ToArray());

        await QuantizedModel.WriteAsync(original.Path, folder.File("same"), options);
        foreach (string written in new[] { "vae_decoder/model.onnx", QuantizationPlan.FileName })
            Assert.Equal(File.ReadAllBytes(Path.Combine(output, written)), File.ReadAllBytes(Path.Combine(folder.File("same"), written)));

        // The plan is for its own decoder, and what was written must be what is there.
        PipelineOptions foreign = new() { Quantization = plan with { VaeDecoder = plan.VaeDecoder with { BaseHash = new string('a', 64) } } };
        await Refused(original.Path, foreign, "not the decoder that the plan");
        await Assert.ThrowsAsync<InvalidFileException>(() => QuantizedModel.WriteAsync(output, folder.File("again"), _options with { VaeDecoder = true }));
        string file = Path.Combine(output, "vae_decoder", "model.onnx");
        ModelProto changed = OnnxModelFile.Load(file).Proto.Clone();
        TensorProto weight = changed.Graph.Initializer.First(tensor => tensor.RawData.Length > 4096);
        weight.RawData = Google.Protobuf.ByteString.CopyFrom([(byte)(weight.RawData[0] ^ 1), .. weight.RawData.Span[1..]]);
        new OnnxModelFile(file, changed).Save(file);
        await Refused(output, new PipelineOptions(), "no longer those that were written");

        static async Task Refused(string from, PipelineOptions options, string why) =>
            Assert.Contains(why, (await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(from, options))).Message, StringComparison.Ordinal);
    }

    /// <summary>What PyTorch computes for the shapes model, held against its quantised copy, plain and instrumented.</summary>
    [Fact]
    public async Task VerifyReadsAQuantisedUNet()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        await QuantizedModel.WriteAsync(original.Path, folder.File("int8"), _options);
        SafeTensorsFile stored = SafeTensorsFile.Load(Fixture.Locate("shapes", "unet.safetensors"));
        float[] texts = [.. JsonSerializer.Deserialize<string[]>(stored.Metadata["conditions"])!.SelectMany(text => model.Pipeline.EncodeText(text).Values.ToArray())];
        int width = model.Pipeline.Model.TextWidth;
        Dictionary<string, StoredTensor> tensors = new()
        {
            ["sample"] = stored["sample/561"],
            ["out_sample"] = stored["out_sample/561"],
            ["encoder_hidden_states"] = StoredTensor.FromSingles(texts, 2, texts.Length / 2 / width, width),
        };
        string reference = folder.File("reference.safetensors");
        new SafeTensorsFile(tensors, new Dictionary<string, string> { ["timestep"] = "561" }).Save(reference);
        Assert.True(UNetVerification.Run(original.File("unet"), reference).Agrees);
        VerificationReport exact = UNetVerification.Run(Path.Combine(folder.File("int8"), "unet"), reference);
        Assert.Equal(["plain graph", "neutral inputs"], exact.Comparisons.Select(comparison => comparison.Run));
        Assert.All(exact.Comparisons, comparison => Assert.InRange(comparison.RelativeDifference, 1e-3, 0.2));
        Assert.False(exact.Agrees);
        Assert.True(UNetVerification.Run(Path.Combine(folder.File("int8"), "unet"), reference, tolerance: 0.2).Agrees);
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
