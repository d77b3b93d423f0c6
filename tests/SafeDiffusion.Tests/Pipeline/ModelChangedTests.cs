using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: a report never gives the hash of weights that may not be those that drew.</summary>
public sealed class ModelChangedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("unet")]
    [InlineData("text_encoder")]
    [InlineData("vae_decoder")]
    public async Task AFileThatIsWrittenToWhileTheModelIsLoadedEndsItsUse(string network)
    {
        string model = Copy();
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(model, new PipelineOptions { Threads = 1 });
        GenerationRequest request = new("a ring") { Steps = 1 };
        string hash = (await pipeline.GenerateAsync(request)).Report.Model.WeightsHash;
        Assert.Equal(hash, await pipeline.GetWeightsHashAsync());

        string file = Directory.EnumerateFiles(Path.Combine(model, network)).OrderByDescending(name => new FileInfo(name).Length).First();
        ChangeInPlace(file);
        Assert.Equal(file, (await Assert.ThrowsAsync<InvalidFileException>(() => pipeline.GenerateAsync(request))).File);
        Assert.Equal(file, (await Assert.ThrowsAsync<InvalidFileException>(() => pipeline.GetWeightsHashAsync())).File);
    }

    [Fact]
    public async Task AChangeDuringAGenerationIsNoticedAtItsEnd()
    {
        string model = Copy();
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(model, new PipelineOptions { Threads = 1 });
        Once change = new(() => ChangeInPlace(Path.Combine(model, "unet", "model.onnx")));
        await Assert.ThrowsAsync<InvalidFileException>(() => pipeline.GenerateAsync(new GenerationRequest("a ring") { Steps = 2 }, change));
    }

    public void Dispose() => _folder.Dispose();

    private static void ChangeInPlace(string file)
    {
        DateTime before = File.GetLastWriteTimeUtc(file);
        using (FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            stream.Position = stream.Length / 2;
            int value = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(value ^ 1));
        }
        // A clock that stands still between two writes would hide this one.
        File.SetLastWriteTimeUtc(file, before.AddSeconds(2));
    }

    private string Copy()
    {
        foreach (string file in Directory.EnumerateFiles(Fixture.ShapesModel, "*", SearchOption.AllDirectories))
        {
            string target = _folder.File(Path.GetRelativePath(Fixture.ShapesModel, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return _folder.Path;
    }

    private sealed class Once(Action act) : IProgress<GenerationProgress>
    {
        private bool _done;

        public void Report(GenerationProgress value)
        {
            if (!_done) act();
            _done = true;
        }
    }
}
