using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.FineTuning.Optimizing;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Model layer: short runs on the shapes model, and what a pipeline does with their deltas.</summary>
public sealed class FineTunerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(FineTuningMethod.Trce)]
    [InlineData(FineTuningMethod.Sce)]
    public async Task ARunThatWasCutOffAndGoesOnEndsWhereOneInOnePieceDoes(FineTuningMethod method)
    {
        FineTuningOptions options = Options(method);
        WeightDelta whole = await FineTuner.RunAsync(Fixture.ShapesModel, options);
        string checkpoint = _folder.File("checkpoint.safetensors");
        await FineTuner.RunAsync(Fixture.ShapesModel, options with { Updates = 1, Checkpoint = checkpoint });
        WeightDelta resumed = await FineTuner.RunAsync(Fixture.ShapesModel, options with { Checkpoint = checkpoint });
        Assert.Equal(whole.Weights.Keys.Order(), resumed.Weights.Keys.Order());
        Assert.All(whole.Weights, pair => Assert.True(Distance(pair.Value, resumed.Weights[pair.Key]) < 1e-6));
        await Assert.ThrowsAsync<InvalidFileException>(() => FineTuner.RunAsync(Fixture.ShapesModel, options with { Checkpoint = checkpoint, Seed = 99 }));
    }

    [Fact]
    public async Task APipelineDrawsWithItsDeltaAndRefusesAPolicyWithAnother()
    {
        string file = _folder.File("red-triangle.delta.safetensors");
        (await FineTuner.RunAsync(Fixture.ShapesModel, Options(FineTuningMethod.Esd) with { Optimizer = new AdamWSettings { LearningRate = 1e-3 } })).Save(file);
        SafetyPolicy policy = SafetyPolicy.Empty.AddWeightDelta(file);
        GenerationRequest request = new("a red triangle") { Seed = 3, Steps = 4, Policy = policy };

        await using SafeDiffusionPipeline plain = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => plain.GenerateAsync(request));
        Assert.Contains("new PipelineOptions().For(policy)", error.Message, StringComparison.Ordinal);

        await using SafeDiffusionPipeline changed = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { CacheFolder = _folder.File("cache") }.For(policy));
        GenerationResult with = await changed.GenerateAsync(request);
        GenerationResult without = await plain.GenerateAsync(request with { Policy = SafetyPolicy.Empty });
        Assert.NotEqual(without.Images[0].Pixels.ToArray(), with.Images[0].Pixels.ToArray());
        Assert.Equal(await plain.GetWeightsHashAsync(), with.Report.Model.BaseWeightsHash);
        Assert.Equal(WeightDelta.Load(file).Hash, with.Report.Model.WeightDeltaHash);
        Assert.NotEqual(with.Report.Model.BaseWeightsHash, with.Report.Model.WeightsHash);
        Assert.Equal([WeightDelta.Load(file).Hash], with.Report.Protections[0].AssetHashes);
        Assert.DoesNotContain(with.Report.Warnings, warning => warning.Code == "weight-delta-unnamed");
        Assert.Contains((await changed.GenerateAsync(request with { Policy = SafetyPolicy.Empty })).Report.Warnings, warning => warning.Code == "weight-delta-unnamed");

        // A smaller form is loaded likewise, and its pictures are those of the whole but for what it lost.
        WeightDelta half = new DeltaForm(DeltaPrecision.Float16).Of(WeightDelta.Load(file), OnnxModelFile.Load(Path.Combine(Fixture.ShapesModel, "unet", "model.onnx")));
        SafetyPolicy smaller = SafetyPolicy.Empty.AddWeightDelta(new FineTunedWeights { Delta = half });
        await using (SafeDiffusionPipeline halved = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { CacheFolder = _folder.File("cache") }.For(smaller)))
        {
            RgbImage image = (await halved.GenerateAsync(request with { Policy = smaller })).Images[0];
            Assert.InRange(image.Pixels.ToArray().Zip(with.Images[0].Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Max(), 0, 8);
        }

        // The cache keeps the changed networks apart, and apart from the model's own.
        await using SafeDiffusionPipeline again = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { CacheFolder = _folder.File("cache") }.For(policy));
        Assert.Equal(with.Images[0].Pixels.ToArray(), (await again.GenerateAsync(request)).Images[0].Pixels.ToArray());
        await using SafeDiffusionPipeline cached = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { CacheFolder = _folder.File("cache") });
        Assert.Equal(without.Images[0].Pixels.ToArray(), (await cached.GenerateAsync(request with { Policy = SafetyPolicy.Empty })).Images[0].Pixels.ToArray());
    }

    [Fact]
    public async Task ADeltaOfAnotherModelIsRefusedWhenTheModelIsLoaded()
    {
        AssetIdentity identity = new() { Concept = "a red triangle", BaseModelHash = new string('0', 64), Tool = "test" };
        WeightDelta delta = new(identity, new Dictionary<string, StoredTensor> { ["w"] = StoredTensor.FromSingles([1, 2], 2) });
        FineTunedWeights weights = new() { Delta = delta };
        InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { WeightDelta = weights }));
        Assert.Contains("another model", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<InvalidFileException>(() => SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions { WeightDelta = weights with { AllowOtherModel = true } }));
        Assert.Contains("'w'", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddWeightDelta(weights).AddWeightDelta(weights));
    }

    [Fact]
    public async Task AnErasureThatTheStudentCannotReadThroughIsRefused()
    {
        ErasureProjection gated = ErasureProjection.Load(Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.erasure.safetensors"));
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => FineTuner.RunAsync(Fixture.ShapesModel, Options(FineTuningMethod.Trce), gated));
        Assert.Contains("--null-condition", error.Message, StringComparison.Ordinal);
        ErasureProjection promptsAlone = new(gated.Identity, new float[64 * 64], 64);
        await Assert.ThrowsAsync<InvalidRequestException>(() => FineTuner.RunAsync(Fixture.ShapesModel, Options(FineTuningMethod.Trce), promptsAlone));
    }

    [Fact]
    public async Task TheImplicitSignalLeadsAwayFromTheWordsThatPromptsSay()
    {
        FineTuningOptions options = Options(FineTuningMethod.Sce) with { ImplicitWords = ["red triangle"] };
        History whole = new(), none = new();
        await FineTuner.RunAsync(Fixture.ShapesModel, options, progress: whole);
        await FineTuner.RunAsync(Fixture.ShapesModel, options with { TokenFactor = 0.999999 }, progress: none);
        // Where the words are hardly scaled, the first update finds its target met.
        Assert.InRange(none.Updates[0].Erase, 0, 1e-9);
        Assert.True(whole.Updates[0].Erase > 1e-6, $"{whole.Updates[0].Erase}");
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => FineTuner.RunAsync(Fixture.ShapesModel, options with { Prompts = ["a hazard sign"] }));
        Assert.Contains("a hazard sign", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidRequestException>(() => FineTuner.RunAsync(Fixture.ShapesModel, options with { Instructions = [("x", -1)] }));
    }

    [Fact]
    public async Task RetainedTextsAreHeldAndSheetsShowTheRun()
    {
        string folder = _folder.File("sheets");
        History history = new();
        FineTuningOptions options = Options(FineTuningMethod.Esd) with
        {
            RetainedPrompts = ["a red circle", "a blue triangle"],
            RateFalls = true,
            Sheets = new SheetOptions { Folder = folder, Prompts = ["a red triangle", "a red circle"], Seeds = [1, 2, 3], Every = 1 },
        };
        await FineTuner.RunAsync(Fixture.ShapesModel, options, progress: history);
        Assert.Equal(["sheet-00000.png", "sheet-00001.png", "sheet-00002.png"], Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).Order());
        RgbImage[] sheets = [.. Directory.EnumerateFiles(folder).Order().Select(file => RgbImage.Load(file))];
        Assert.All(sheets, sheet => Assert.Equal((3 * 64 + 2 * 8, 2 * 64 + 8), (sheet.Width, sheet.Height)));
        Assert.NotEqual(sheets[0].Pixels.ToArray(), sheets[1].Pixels.ToArray());
        // Nothing is lost before the first update.
        Assert.InRange(history.Updates[0].Retain!.Value, 0, 1e-9);
        Assert.True(history.Updates[1].Retain > 0);
        Assert.Contains("retain, up to", LossCurve.Write(history.Updates), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeviceThatIsNotThereIsAnErrorThatSaysWhatToAdd()
    {
        AutogradLibrary.Load();
        if (TorchSharp.torch.cuda.is_available()) return;
        AutogradNotAvailableException error = await Assert.ThrowsAsync<AutogradNotAvailableException>(
            () => FineTuner.RunAsync(Fixture.ShapesModel, Options(FineTuningMethod.Esd) with { Device = AutogradDevice.Cuda }));
        Assert.Contains("TorchSharp-cuda-linux", error.Message, StringComparison.Ordinal);
        Assert.Contains(AutogradLibrary.FolderVariable, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALossThatIsNotFiniteStopsTheRunAndSaysWhere()
    {
        FineTuningOptions options = Options(FineTuningMethod.Esd) with { Scale = 1e30 };
        NotFiniteException error = await Assert.ThrowsAsync<NotFiniteException>(() => FineTuner.RunAsync(Fixture.ShapesModel, options));
        Assert.Contains("update 1", error.Message, StringComparison.Ordinal);
    }

    private static FineTuningOptions Options(FineTuningMethod method) => new()
    {
        Method = method,
        Concept = "a red triangle",
        Prompts = ["a red triangle"],
        SafePrompts = method == FineTuningMethod.Trce ? ["a blue circle"] : [],
        Updates = 2,
        Trajectories = 1,
        Steps = 10,
        GuidanceScale = 5,
        CheckpointEvery = 1,
    };

    /// <summary>Called in order, on the training's own thread.</summary>
    private sealed class History : IProgress<FineTuningProgress>
    {
        public List<FineTuningProgress> Updates { get; } = [];

        public void Report(FineTuningProgress value)
        {
            if (value.Update > 0) Updates.Add(value);
        }
    }

    private static double Distance(StoredTensor left, StoredTensor right) => left.ToSingles().Zip(right.ToSingles(), (a, b) => Math.Abs(a - b)).Max();
}
