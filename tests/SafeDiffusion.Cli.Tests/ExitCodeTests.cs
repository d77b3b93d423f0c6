using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: the exit codes, the one-line errors, and that nothing half-written is left behind.</summary>
public sealed class ExitCodeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<int, string, string[]> Errors => new()
    {
        { ExitCode.BadInput, "no command or option", ["draw"] },
        { ExitCode.BadInput, "'--model' is required", ["generate", "x"] },
        { ExitCode.BadInput, "'three'", ["generate", "x", "--model", "SHAPES", "--steps", "three"] },
        { ExitCode.BadInput, "known are cpu and cuda", ["generate", "x", "--model", "SHAPES", "--provider", "gpu"] },
        { ExitCode.BadInput, "known are weak", ["generate", "x", "--model", "SHAPES", "--avoid", "y", "--preset", "hard"] },
        { ExitCode.BadInput, "known are detect-and-guide (dag), detect-and-redraw (redraw), detection, growth-inhibitor (gie), negative-prompt (negative), safe-latent (sld)", ["generate", "x", "--model", "SHAPES", "--avoid", "y", "--method", "wish"] },
        { ExitCode.BadInput, "must know what to steer to", ["generate", "x", "--model", "SHAPES", "--avoid", "y", "--method", "trajectory-steering"] },
        { ExitCode.BadInput, "moves to nothing", ["generate", "x", "--model", "SHAPES", "--avoid", "y", "--instead", "z"] },
        { ExitCode.BadInput, "belongs to detect-and-guide, growth-inhibitor, safe-latent", ["generate", "x", "--model", "SHAPES", "--avoid", "y", "--method", "sega", "--preset", "max"] },
        { ExitCode.BadInput, "name it with --avoid", ["generate", "x", "--model", "SHAPES", "--instead", "z"] },
        { ExitCode.BadInput, "--avoid", ["generate", "x", "--model", "SHAPES", "--preset", "max"] },
        { ExitCode.BadInput, "steps: is 0", ["generate", "x", "--model", "SHAPES", "--steps", "0"] },
        { ExitCode.BadInput, "Try 48", ["generate", "x", "--model", "SHAPES", "--width", "60"] },
        { ExitCode.BadInput, "twice", ["generate", "x", "--model", "SHAPES", "--out", "a.png", "--report", "./a.png"] },
        { ExitCode.BadInput, "colour", ["generate", "x", "--model", "SHAPES", "--policy", "policy.json"] },
        { ExitCode.BadFile, "no such folder", ["inspect", "--model", "nowhere"] },
        { ExitCode.BadFile, "empty", ["inspect", "--model", "empty"] },
        { ExitCode.BadFile, "nowhere.safetensors", ["generate", "x", "--model", "SHAPES", "--latents-in", "nowhere.safetensors"] },
        { ExitCode.BadFile, "safetensors.numpy.save_file", ["generate", "x", "--model", "SHAPES", "--latents-in", "latents.npy"] },
        { ExitCode.BadFile, "safetensors.torch.save_file", ["generate", "x", "--model", "SHAPES", "--latents-in", "latents.pt"] },
        { ExitCode.BadFile, "is not a folder", ["generate", "x", "--model", "SHAPES", "--out", "policy.json/x.png"] },
        { ExitCode.BadFile, "is a folder", ["generate", "x", "--model", "SHAPES", "--report", "empty"] },
        { ExitCode.NoProvider, "Cuda", ["generate", "x", "--model", "SHAPES", "--provider", "cuda"] },
        { ExitCode.InferenceFailed, "unet, step", ["generate", "x", "--model", "SHAPES", "--steps", "3", "--guidance", "1e38"] },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task AnErrorIsALineWithACode(int code, string message, string[] arguments)
    {
        if (code == ExitCode.NoProvider && ProviderFeasibility.Of(ExecutionProvider.Cuda).IsAvailable) return;
        File.WriteAllText(_folder.File("policy.json"), """{ "version": 1, "protections": [], "colour": "red" }""");
        Directory.CreateDirectory(_folder.File("empty"));
        CliOutcome outcome = await CliProcess.RunAsync(_folder, [.. arguments.Select(argument => argument == "SHAPES" ? Fixture.ShapesModel : argument)]);
        Assert.Equal((code, ""), (outcome.ExitCode, outcome.Output));
        string[] lines = [.. outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("See safediffusion", StringComparison.Ordinal))];
        string error = Assert.Single(lines, line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.True(lines.Length == 1 || code == ExitCode.InferenceFailed, outcome.Error);
        Assert.Equal([_folder.File("policy.json")], Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [UnixFact]
    public async Task CtrlCStopsAndLeavesNoHalfFile()
    {
        string[] arguments =
        [
            "generate", "a blue circle", "--model", Fixture.ShapesModel, "--threads", "1", "--steps", "900", "--count", "2",
            "--out", "out.png", "--report", "r.json", "--latents-out", "l.safetensors", "--sheet", "s.png", "--previews", "steps", "--preview-every", "1",
        ];
        using CliProcess process = CliProcess.Start(_folder.Path, arguments, hearsInterrupts: true);
        for (int i = 0; i < 300 && !Directory.Exists(_folder.File("steps")); i++) await Task.Delay(100);
        await process.InterruptAsync();
        CliOutcome outcome = await process.EndAsync();
        Assert.Equal((ExitCode.Cancelled, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("Cancelled", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
        Assert.All(Directory.EnumerateFiles(_folder.File("steps")), preview => Assert.Equal(64 * 2 + 8, RgbImage.Load(preview).Width));
    }

    [Fact]
    public async Task HelpNamesTheTool()
    {
        CliOutcome all = await CliProcess.RunAsync(_folder);
        Assert.Equal((0, ""), (all.ExitCode, all.Error));
        Assert.Contains("safediffusion [command]", all.Output, StringComparison.Ordinal);
        CliOutcome one = await CliProcess.RunAsync(_folder, "generate", "--help");
        Assert.Contains("safediffusion generate", one.Output, StringComparison.Ordinal);
        Assert.Contains("<cpu|cuda>", one.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
