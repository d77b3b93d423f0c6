using System.Diagnostics;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: what a hostile file or a slip on the command line cannot do.</summary>
public sealed class TrustTests : IDisposable
{
    private const string Hostile = "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp";

    private const string Suite = """
        { "version": 1, "name": "small", "concept": "red triangle", "steps": 1, "guidanceScale": 5, "seeds": 1,
          "judges": [{ "type": "shapes", "name": "shapes" }], "sets": [{ "name": "a", "kind": "harmless", "prompts": ["a star"] }],
          "policies": [{ "name": "none", "protections": [] }, { "name": "negative", "protections": [{ "method": "negative-prompt", "text": "a ring" }] }] }
        """;

    private readonly TemporaryFolder _folder = new();

    public TrustTests() => File.WriteAllText(_folder.File("policy.json"), SafetyPolicy.Empty.AddNegativePrompt("a ring").ToJson());

    [Theory]
    [InlineData("same")]
    [InlineData("soft")]
    [InlineData("hard")]
    [InlineData("folder")]
    public async Task AnOutputNeverReplacesThePolicy(string way)
    {
        if (OperatingSystem.IsWindows()) return;
        string name = way == "same" ? "policy.json" : way == "folder" ? "there/policy.json" : "other.json";
        if (way == "soft") File.CreateSymbolicLink(_folder.File(name), "policy.json");
        if (way == "folder") Directory.CreateSymbolicLink(_folder.File("there"), _folder.Path);
        if (way == "hard") Link("policy.json", name);
        string before = File.ReadAllText(_folder.File("policy.json"));
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "x", "--policy", "policy.json", "--report", name);
        AssertRefused(outcome, "which is read");
        Assert.Equal(before, File.ReadAllText(_folder.File("policy.json")));
    }

    [Fact]
    public async Task AnOutputNeverReplacesAModelsFile()
    {
        // Beside the model, and the same file by a second name: as instrumented folders share their weights.
        string model = Path.Combine(_folder.Path, "model");
        foreach (string file in Directory.EnumerateFiles(Fixture.ShapesModel, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(model, Path.GetRelativePath(Fixture.ShapesModel, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        AssertRefused(await CliProcess.RunAsync(_folder, "generate", "x", "-m", model, "--report", "model/unet/model.onnx"), "which is read");
        AssertRefused(await CliProcess.RunAsync(_folder, "instrument", "-m", model, "--out", "model/more"), "lies in");
        if (OperatingSystem.IsWindows()) return;
        Link("model/unet/model.onnx", "weights.json");
        AssertRefused(await CliProcess.RunAsync(_folder, "generate", "x", "-m", model, "--report", "weights.json"), "which is read");
        AssertRefused(await CliProcess.RunAsync(_folder, "learn", "guideline", "-m", model, "--concept", "ring", "--annotator", "shapes", "--out", "weights.json"), "which is read");
    }

    [Fact]
    public async Task AnOutputNeverReplacesWhatAnyOptionReads()
    {
        File.WriteAllText(_folder.File("prompts.txt"), "a ring\n");
        new RgbImage(64, 64, new byte[64 * 64 * 3]).SavePng(_folder.File("step-001.png"));
        AssertRefused(await CliProcess.GenerateAsync(_folder, "--prompts", "prompts.txt", "--report", "prompts.txt"), "which is read");
        AssertRefused(await CliProcess.GenerateAsync(_folder, "x", "--init-image", "step-001.png", "--out", "step-001.png"), "which is read");
        AssertRefused(await CliProcess.GenerateAsync(_folder, "x", "--init-image", "step-001.png", "--previews", "."), "which is read");
        AssertRefused(await CliProcess.RunAsync(_folder, "learn", "guideline", "-m", Fixture.ShapesModel, "--concept", "ring", "--annotator", "shapes", "--prompts", "prompts.txt", "--out", "prompts.txt"), "which is read");
        Directory.CreateDirectory(_folder.File("run"));
        File.WriteAllText(_folder.File("run/run.json"), Suite);
        AssertRefused(await CliProcess.RunAsync(_folder, "evaluate", "run/run.json", "-m", Fixture.ShapesModel, "--out", "run"), "which is read");
    }

    [Fact]
    public async Task ABaselineIsNotReplacedByItsComparison()
    {
        Directory.CreateDirectory(_folder.File("run"));
        File.WriteAllText(_folder.File("run/report.json"), "{}");
        AssertRefused(
            await CliProcess.RunAsync(_folder, "evaluate", Path.Combine(Fixture.ShapesModel, "suite.json"), "--out", "run", "--baseline", "run/report.json"), "which is read");
        Assert.Equal("{}", File.ReadAllText(_folder.File("run/report.json")));
    }

    [UnixFact]
    public async Task ADeviceIsNoOutput()
    {
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "x", "--report", "/dev/null");
        Assert.Equal(ExitCode.BadFile, outcome.ExitCode);
        Assert.Contains("pipe or a device", outcome.Error, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task APolicyComesThroughThePipeOfAShell()
    {
        using CliProcess process = CliProcess.Start(
            _folder.Path, ["generate", "x", "-m", Fixture.ShapesModel, "--threads", "1", "--steps", "10", "-q", "--policy", "/dev/stdin", "--report", "r.json"],
            File.ReadAllText(_folder.File("policy.json")));
        CliOutcome outcome = await process.EndAsync();
        Assert.Equal((ExitCode.Success, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("a ring", File.ReadAllText(_folder.File("r.json")), StringComparison.Ordinal);
    }

    public static TheoryData<string, string[]> HostileTexts => new()
    {
        { $$"""{"version":1,"protections":[{"method":"safe-latent","{{Json}}":1}]}""", ["x", "--policy", "hostile.json"] },
        { $$"""{"version":1,"protections":[{"method":"{{Json}}"}]}""", ["x", "--policy", "hostile.json"] },
        { $$"""{"version":1,"protections":[{"method":"safe-latent","concept":"{{Json}}","preset":"weak"}]}""", ["x", "--policy", "hostile.json"] },
        { $$"""{"version":1,"protections":[{"method":"detection","guideline":"{{Json}}.safetensors"}]}""", ["x", "--policy", "hostile.json"] },
        { "", ["x", "--policy", $"{Hostile}.json"] },
        { "", ["x", "--out", $"{Hostile}.png", "--steps", "1"] },
        { "", ["x", "--avoid", Hostile, "--steps", "2"] },
        { "", ["x", "--avoid", "y", "--method", Hostile] },
        { "", ["x", "--seed", Hostile] },
        { "", [$"--{Hostile}"] },
        { "", ["x", "--guideline", Hostile] },
        { "", ["<|endoftext|>" + Hostile, "--steps", "1"] },
    };

    private static string Json => string.Concat(Hostile.Select(character => $"\\u{(int)character:x4}"));

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public async Task NothingThatATerminalObeysIsWritten(string file, string[] arguments)
    {
        if (OperatingSystem.IsWindows()) return;
        File.WriteAllText(_folder.File("hostile.json"), file);
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, arguments);
        AssertHarmless(outcome);
    }

    [Fact]
    public async Task WhatATerminalWouldObeyIsShown()
    {
        File.WriteAllText(_folder.File("hostile.json"), $$"""{"version":1,"protections":[{"method":"safe-latent","{{Json}}":1}]}""");
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "x", "--policy", "hostile.json");
        Assert.Equal(ExitCode.BadInput, outcome.ExitCode);
        Assert.Contains("[U+001B][2J[U+001B]]0;owned[U+0007][U+009B]31m[U+202E]gnp", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASuitesTextsAreHarmlessToo()
    {
        string suite = Suite.Replace("\"concept\": \"red triangle\"", $"\"concept\": \"{Json}\"", StringComparison.Ordinal);
        File.WriteAllText(_folder.File("suite.json"), suite);
        CliOutcome outcome = await CliProcess.RunAsync(_folder, "evaluate", "suite.json", "-m", Fixture.ShapesModel, "--out", "run");
        AssertHarmless(outcome);
        Assert.NotEqual(0, outcome.ExitCode);
    }

    [Fact]
    public async Task ALineOfAMessageCannotPassForTheTools()
    {
        File.WriteAllText(_folder.File("policy.json"), """{"version":1,"protections":[{"method":"safe-latent","a\nwarning: nothing to fear":1}]}""");
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "x", "--policy", "policy.json");
        Assert.DoesNotContain(outcome.Error.Split('\n'), line => line.StartsWith("warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatIsUnforeseenSaysSoAndEndsWithOne()
    {
        string methods = Path.Combine(AppContext.BaseDirectory, "methods", "OwnMethod.dll");
        File.WriteAllText(_folder.File("policy.json"), """{ "version": 1, "protections": [ { "method": "sharpening", "more": 1000 } ] }""");
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, "x", "--methods", methods, "--policy", "policy.json");
        Assert.Equal((ExitCode.Failure, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith("error: unforeseen, please report it: System.InvalidOperationException: nobody", outcome.Error.TrimStart(), StringComparison.Ordinal);
        AssertHarmless(outcome);
        Assert.False(File.Exists(_folder.File("out.png")));
    }

    [Theory]
    [InlineData("--count", "2147483647")]
    [InlineData("--count", "1001")]
    public async Task WhatCannotBeKeptIsRefusedAtOnce(string option, string value) =>
        AssertRefused(await CliProcess.GenerateAsync(_folder, "x", option, value), "from 1 to 1000");

    [Fact]
    public async Task ADamagedPictureOfARunIsSaidEvenWhenQuiet()
    {
        File.WriteAllText(_folder.File("suite.json"), Suite);
        string[] evaluate = ["evaluate", "suite.json", "-m", Fixture.ShapesModel, "--threads", "1", "--out", "run", "-q"];
        CliOutcome first = await CliProcess.RunAsync(_folder, evaluate);
        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        string picture = Directory.GetFiles(_folder.File("run/pictures"))[0];
        string report = File.ReadAllText(_folder.File("run/report.csv"));
        File.WriteAllBytes(picture, []);
        CliOutcome second = await CliProcess.RunAsync(_folder, evaluate);
        Assert.Equal(0, second.ExitCode);
        Assert.Contains($"warning: 1 pictures of earlier results were gone or damaged, and were made again: pictures/{Path.GetFileName(picture)}", second.Error, StringComparison.Ordinal);
        Assert.Equal(64, RgbImage.Load(picture).Width);
        Assert.Equal(Ssim(report), Ssim(File.ReadAllText(_folder.File("run/report.csv"))));
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Ssim(string csv) => [.. csv.Split('\n').Where(line => line.Contains(",ssim,", StringComparison.Ordinal))];

    private static void AssertHarmless(CliOutcome outcome) => Assert.DoesNotContain(
        outcome.Output + outcome.Error, character => character != '\n' && (char.IsControl(character) || character is '\u202e' or '\u2028' or '\u2029'));

    private static void AssertRefused(CliOutcome outcome, string message)
    {
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCode.BadInput, ""), (outcome.ExitCode, outcome.Output));
    }

    private void Link(string file, string name)
    {
        using Process link = Process.Start("ln", [_folder.File(file), _folder.File(name)]);
        link.WaitForExit();
        Assert.Equal(0, link.ExitCode);
    }
}
