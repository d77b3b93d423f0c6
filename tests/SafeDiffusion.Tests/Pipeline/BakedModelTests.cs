using System.Text.Json.Serialization;
using SafeDiffusion.Baking;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
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
        BakingResult result = await BakedModel.WriteAsync(original.Path, output, erasures, copyWeights);
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
