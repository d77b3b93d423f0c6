using System.Text.Json.Serialization;
using SafeDiffusion.Baking;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: the shapes model with an erasure in its UNet's weights.</summary>
[Collection(ShapesModelGroup.Name)]
public sealed class BakedModelTests(ShapesModel model)
{
    private static readonly GenerationRequest _request = new("a blue circle and a red triangle") { Steps = 8, Seed = 7, KeepLatents = true };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DrawsWhatTheErasureDrawsWhereItMapsEveryText(bool copyWeights)
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        ErasureProjection[] erasures = [await Swapping("first", 3, 1), await Swapping("second", 9, 2)];
        string output = folder.File("baked");
        BakingResult result = await BakedModel.WriteAsync(original.Path, output, erasures, copyWeights: copyWeights);
        Assert.Equal([output], Directory.EnumerateFileSystemEntries(folder.Path));
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(output);
        GenerationResult actual = await pipeline.GenerateAsync(_request);
        SafetyPolicy everywhere = SafetyPolicy.Empty.Add(new EverywhereErasure(erasures[0])).Add(new EverywhereErasure(erasures[1]));
        GenerationResult expected = await model.Pipeline.GenerateAsync(_request with { Policy = everywhere });
        GenerationResult undefended = await model.Pipeline.GenerateAsync(_request);
        ReferenceRunTests.AssertClose(expected.Latents!.Final, actual.Latents!.Final, 1e-4f);
        Assert.NotEqual(undefended.Images[0].Pixels.ToArray(), actual.Images[0].Pixels.ToArray());

        Assert.Equal(await model.Pipeline.GetWeightsHashAsync(), result.BaseModelHash);
        Assert.Equal(actual.Report.Model.WeightsHash, result.ModelHash);
        Assert.NotEqual(result.BaseModelHash, result.ModelHash);
        Assert.Equal(["first", "second"], actual.Report.Model.BakedErasures!.Select(erasure => erasure.Concept));
        Assert.Null(expected.Report.Model.BakedErasures);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DrawsWhatTheDeltaDraws(bool withErasure)
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        WeightDelta delta = await Delta();
        ErasureProjection[] erasures = withErasure ? [await Swapping("first", 3, 1)] : [];
        BakingResult result = await BakedModel.WriteAsync(original.Path, folder.File("baked"), erasures, delta);
        await using SafeDiffusionPipeline baked = await SafeDiffusionPipeline.LoadAsync(folder.File("baked"));
        GenerationResult actual = await baked.GenerateAsync(_request);
        SafetyPolicy policy = SafetyPolicy.Empty.AddWeightDelta(new FineTunedWeights { Delta = delta });
        if (withErasure) policy = policy.Add(new EverywhereErasure(erasures[0]));
        await using SafeDiffusionPipeline hot = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions().For(policy));
        GenerationResult expected = await hot.GenerateAsync(_request with { Policy = policy });
        ReferenceRunTests.AssertClose(expected.Latents!.Final, actual.Latents!.Final, withErasure ? 1e-4f : 1e-6f);
        Assert.NotEqual((await model.Pipeline.GenerateAsync(_request)).Images[0].Pixels.ToArray(), actual.Images[0].Pixels.ToArray());

        Assert.Equal(result.ModelHash, actual.Report.Model.WeightsHash);
        if (!withErasure) Assert.Equal(expected.Report.Model.WeightsHash, result.ModelHash);
        Assert.Equal(new BakedErasure("square", delta.Hash) { IsWeightDelta = true }, actual.Report.Model.BakedErasures![0]);
        Assert.Equal(erasures.Length + 1, actual.Report.Model.BakedErasures.Count);
        Assert.Contains("holds the erasure", (await Assert.ThrowsAsync<InvalidFileException>(() => BakedModel.WriteAsync(folder.File("baked"), folder.File("again"), [], delta))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeltaOfAnotherModelIsNotBaked()
    {
        using TemporaryFolder folder = new();
        WeightDelta own = await Delta();
        WeightDelta foreign = new(own.Identity with { BaseModelHash = new string('a', 64) }, own.Weights);
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => BakedModel.WriteAsync(Fixture.ShapesModel, folder.File("out"), [], foreign));
        Assert.Contains("another model", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task WhatWasLearnedForTheBaseIsRefusedByName()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        ErasureProjection erasure = await Swapping("red triangle", 3, 1);
        string output = folder.File("baked");
        await BakedModel.WriteAsync(original.Path, output, [erasure]);
        SafetyPolicy policy = SafetyPolicy.Empty.AddDetectAndGuide(Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.guideline.safetensors"));
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(output, new PipelineOptions().For(policy));
        string message = (await Assert.ThrowsAsync<InvalidRequestException>(() => pipeline.GenerateAsync(_request with { Policy = policy }))).Message;
        Assert.Contains("with the erasure of \"red triangle\" baked into it", message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidRequestException>(() => pipeline.GenerateAsync(_request with { Policy = SafetyPolicy.Empty.AddTextErasure(new LinearTextErasure { Projection = erasure }) }));
        Assert.Contains("already", (await Assert.ThrowsAsync<InvalidFileException>(() => BakedModel.WriteAsync(output, folder.File("again"), [erasure]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatDoesNotFitIsRefusedAndNothingIsWritten()
    {
        using TemporaryFolder folder = new();
        using ModelVariant original = new();
        ErasureProjection erasure = await Swapping("red triangle", 3, 1);
        ErasureProjection foreign = new(erasure.Identity with { BaseModelHash = new string('a', 64) }, erasure.Matrix.ToArray(), erasure.TextWidth);
        ErasureProjection narrow = new(erasure.Identity, [0, 1, 1, 0], 2);
        await Refused<InvalidRequestException>("another model", foreign);
        await Refused<InvalidRequestException>("width 2", narrow);
        await Refused<InvalidRequestException>("twice", erasure, erasure);
        await Refused<InvalidRequestException>("names none");
        original.Replace(UNetInstrumentation.Instrument(OnnxModelFile.Load(original.File("unet/model.onnx")), AttentionFeatures.Detect));
        await Refused<InvalidFileException>("instrumented", erasure);
        Directory.CreateDirectory(folder.File("out"));
        await Assert.ThrowsAsync<InvalidFileException>(() => BakedModel.WriteAsync(Fixture.ShapesModel, folder.File("out"), [erasure]));

        async Task Refused<T>(string why, params ErasureProjection[] erasures) where T : SafeDiffusionException
        {
            T error = await Assert.ThrowsAsync<T>(() => BakedModel.WriteAsync(original.Path, folder.File("out"), erasures));
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        }
    }

    /// <summary>A delta in all of its forms: a weight of cross-attention's keys whole, one of its values by its difference, one of its outputs by factors.</summary>
    private async Task<WeightDelta> Delta()
    {
        OnnxModelFile unet = OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx"));
        AttentionLayer layer = UNetInstrumentation.Analyze(unet).CrossAttention[0];
        IReadOnlyDictionary<string, OnnxTensor> initializers = new OnnxGraph(unet).Initializers;
        OnnxTensor key = initializers[layer.Key.Initializer!], value = initializers[layer.Value.Initializer!], output = initializers[layer.Output!.Initializer!];
        TorchNoise noise = new(3);
        Dictionary<string, StoredTensor> stored = new()
        {
            [key.Name] = StoredTensor.FromSingles(Noise(key.Shape.Aggregate(1L, (product, size) => product * size), 0.3f), key.Shape.AsSpan()),
            [value.Name + WeightDelta.DifferenceSuffix] = StoredTensor.FromSingles(Noise(value.Shape.Aggregate(1L, (product, size) => product * size), 0.3f), value.Shape.AsSpan()),
            [output.Name + WeightDelta.UpSuffix] = StoredTensor.FromSingles(Noise(2 * output.Shape[0], 0.3f), output.Shape[0], 2),
            [output.Name + WeightDelta.DownSuffix] = StoredTensor.FromSingles(Noise(2 * output.Shape[1], 0.3f), 2, output.Shape[1]),
        };
        return new WeightDelta(new() { Concept = "square", BaseModelHash = await model.Pipeline.GetWeightsHashAsync(), Tool = "test" }, stored, error: 0.1);

        float[] Noise(long count, float scale)
        {
            float[] values = new float[count];
            noise.Fill(values);
            return [.. values.Select(value => value * scale)];
        }
    }

    /// <summary>An erasure that turns directions of the text states into one another.</summary>
    private async Task<ErasureProjection> Swapping(string concept, int from, int to)
    {
        int width = model.Pipeline.Model.TextWidth;
        float[] matrix = new float[width * width];
        for (int i = 0; i < width; i++) matrix[i * width + (i % 7 == from % 7 ? (i + to) % width : i)] = 1;
        return new ErasureProjection(new() { Concept = concept, BaseModelHash = await model.Pipeline.GetWeightsHashAsync(), Tool = "test" }, matrix, width);
    }

    /// <summary>An erasure that maps every text, as baking does.</summary>
    [ProtectionMethod("everywhere")]
    private sealed record EverywhereErasure([property: JsonIgnore] ErasureProjection Projection) : TextErasure
    {
        [JsonIgnore]
        public override bool MapsNullCondition => true;

        [JsonIgnore]
        public override Requirements Requirements => new();

        public override string Describe() => "everywhere";

        public override void Validate(FieldCheck check)
        {
        }

        public override ErasedText Erase(TextStates text, Func<string, TextStates> encode) => new LinearTextErasure { Projection = Projection }.Erase(text, encode);
    }
}
