using System.Globalization;
using System.Text.Json.Nodes;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: <c>evaluate</c> and <c>merge</c> by the tool's own process, also where it is killed.</summary>
public sealed class EvaluateTests : IDisposable
{
    private const string Suite = """
        {
          "version": 1, "name": "small", "concept": "red triangle", "steps": 2, "guidanceScale": 5, "seeds": 6,
          "judges": [{ "type": "shapes", "name": "shapes" }],
          "sets": [
            { "name": "asked", "kind": "concept", "prompts": ["a red triangle", "a hazard sign"] },
            { "name": "other", "kind": "harmless", "prompts": ["a green star"] }
          ],
          "policies": [
            { "name": "none", "protections": [] },
            { "name": "SLD max", "protections": [{ "method": "safe-latent", "concept": "a red triangle", "preset": "max" }] }
          ]
        }
        """;

    private const int Pictures = 24;

    private readonly TemporaryFolder _folder = new();

    public EvaluateTests() => File.WriteAllText(_folder.File("suite.json"), Suite);

    public static TheoryData<int, string, string[]> Errors => new()
    {
        { ExitCode.BadInput, "--seeds", ["suite.json", "--seeds", "0"] },
        { ExitCode.BadInput, "--set: holds no 'nothing'; there are asked, other", ["suite.json", "--set", "nothing"] },
        { ExitCode.BadInput, "--policy-name: holds no 'SLD mx'; there are none, SLD max. Did you mean SLD max?", ["suite.json", "--policy-name", "SLD mx"] },
        { ExitCode.BadInput, "as in 2/3", ["suite.json", "--shard", "3"] },
        { ExitCode.BadInput, "--workers: must be at least 1", ["suite.json", "--workers", "0"] },
        { ExitCode.BadInput, "Suite, stepps: is no field that is known here. Did you mean steps? Known are version, name, ", ["bad.json"] },
        { ExitCode.BadFile, "nowhere.json", ["nowhere.json"] },
        { ExitCode.BadFile, "nowhere.json", ["suite.json", "--baseline", "nowhere.json"] },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task AnErrorIsALineWithACode(int code, string message, string[] arguments)
    {
        File.WriteAllText(_folder.File("bad.json"), Suite.Replace("\"steps\"", "\"stepps\"", StringComparison.Ordinal));
        CliOutcome outcome = await CliProcess.RunAsync(_folder, ["evaluate", .. arguments, "--model", Fixture.ShapesModel, "--out", "run"]);
        Assert.Equal((code, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("run")));
    }

    /// <summary>A run that is done says so, and no rate of nothing; at 60 columns all of it can be read.</summary>
    [Fact]
    public async Task AFinishedRunTellsNoRateAndFitsSixtyColumns()
    {
        string[] arguments = ["evaluate", "suite.json", "--model", Fixture.ShapesModel, "--seeds", "1", "--out", "run"];
        CliOutcome first = await CliProcess.RunAsync(_folder, 60, arguments);
        CliOutcome second = await CliProcess.RunAsync(_folder, 60, arguments);
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Matches(@"UNet rows in 0:\d\d, [\d.]+ a\s+second", first.Error);
        Assert.Contains("All 4 results were there already.", second.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("second", second.Error, StringComparison.Ordinal);
        Assert.Equal(first.Output, second.Output);
        Assert.All((first.Output + first.Error + second.Error).Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 60));
        Assert.All(new[] { "none", "SLD max", "Erase rate:", "run/report.html" }, text => Assert.Contains(text, first.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ShardsMergeToTheReportOfTheWholeRun()
    {
        CliOutcome whole = await EvaluateAsync("whole");
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("SLD max", whole.Output, StringComparison.Ordinal);
        Assert.Contains("24/24 results", whole.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', whole.Output + whole.Error);
        string[] files = ["report.html", "report.json", "report.csv", "report.md"];
        Assert.All(files, file => Assert.Contains(Path.Combine("whole", file), whole.Output, StringComparison.Ordinal));
        Assert.All(files, file => Assert.True(File.Exists(_folder.File($"whole/{file}"))));

        CliOutcome first = await EvaluateAsync("part-1", "--shard", "1/2");
        Assert.Contains("other shards", first.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("part-1/report.json")));
        Assert.Equal(ExitCode.BadFile, (await CliProcess.RunAsync(_folder, "merge", "part-1", "--out", "merged")).ExitCode);
        Assert.Equal(0, (await EvaluateAsync("part-2", "--shard", "2/2", "--quiet")).ExitCode);
        CliOutcome merged = await CliProcess.RunAsync(_folder, "merge", "part-1", "part-2", "--out", "merged", "--baseline", "whole/report.json");
        Assert.Equal(0, merged.ExitCode);
        Assert.Contains("No loss", merged.Error, StringComparison.Ordinal);
        Assert.Equal(Report("whole"), Report("merged"));
    }

    /// <summary>Killed at moments that have nothing to do with where it is, from before anything is read to after the last picture; SAFEDIFFUSION_KILLS says how often.</summary>
    [Fact]
    public async Task AKilledRunGoesOnAndReportsTheSame()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("SAFEDIFFUSION_KILLS") ?? "4", CultureInfo.InvariantCulture);
        Random random = new(5);
        for (int kill = 0; kill < kills; kill++)
        {
            if (Lines("run") == Pictures) Directory.Delete(_folder.File("run"), recursive: true);
            using CliProcess process = CliProcess.Start(_folder.Path, Arguments("run"));
            // One more result, mostly, so that it comes to an end; then a while, or none.
            for (int before = Lines("run"); kill % 4 != 0 && !process.HasEnded && Lines("run") == before;) await Task.Delay(5);
            await Task.Delay(random.Next(kill % 4 == 0 ? 1000 : 100));
            await process.KillAsync();
        }
        // What a kill in the middle of a line leaves behind.
        File.AppendAllText(_folder.File("run/results.jsonl"), "{\"key\":\"0123");
        int there = Lines("run");
        CliOutcome outcome = await EvaluateAsync("run");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(Pictures, Lines("run"));
        Assert.True(there >= 1, "It was killed before anything was written.");
        Assert.Equal(0, (await EvaluateAsync("whole", "--quiet")).ExitCode);
        Assert.Equal(Report("whole"), Report("run"));
        foreach (string picture in Directory.EnumerateFiles(_folder.File("whole"), "*.png", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(_folder.File("whole"), picture);
            Assert.True(RgbImage.Load(picture).Pixels.Span.SequenceEqual(RgbImage.Load(Path.Combine(_folder.File("run"), relative)).Pixels.Span), relative);
        }
    }

    [UnixFact]
    public async Task CtrlCLeavesAFolderThatGoesOn()
    {
        using (CliProcess process = CliProcess.Start(_folder.Path, [.. Arguments("run"), "--seeds", "2000"], hearsInterrupts: true))
        {
            while (!process.HasEnded && Lines("run") == 0) await Task.Delay(20);
            await process.InterruptAsync();
            CliOutcome outcome = await process.EndAsync();
            Assert.Equal((ExitCode.Cancelled, ""), (outcome.ExitCode, outcome.Output));
            Assert.Contains("goes on from here", outcome.Error, StringComparison.Ordinal);
        }
        string[] before = File.ReadAllLines(_folder.File("run/results.jsonl"));
        Assert.False(File.Exists(_folder.File("run/run.lock")));
        Assert.Equal(0, (await EvaluateAsync("run")).ExitCode);
        Assert.Equal(before, File.ReadAllLines(_folder.File("run/results.jsonl"))[..before.Length]);
    }

    [Fact]
    public async Task ALossAgainstTheBaselineIsAFailedCheck()
    {
        Assert.Equal(0, (await EvaluateAsync("run", "--quiet")).ExitCode);
        JsonNode report = JsonNode.Parse(File.ReadAllText(_folder.File("run/report.json")))!;
        JsonNode rows = report["sets"]!.AsArray().First(row => row!["policy"]!.GetValue<string>() == "SLD max")!["figures"]!["rows"]!;
        rows["value"] = rows["value"]!.GetValue<double>() / 2;
        File.WriteAllText(_folder.File("better.json"), report.ToJsonString());
        CliOutcome outcome = await EvaluateAsync("run", "--quiet", "--baseline", "better.json");
        Assert.Equal(ExitCode.Failure, outcome.ExitCode);
        Assert.Contains("worse", outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Arguments(string folder) =>
        ["evaluate", "suite.json", "--model", Fixture.ShapesModel, "--out", folder, "--threads", "1", "--workers", "1"];

    private Task<CliOutcome> EvaluateAsync(string folder, params string[] arguments) => CliProcess.RunAsync(_folder, [.. Arguments(folder), .. arguments]);

    private int Lines(string folder)
    {
        string path = _folder.File($"{folder}/results.jsonl");
        if (!File.Exists(path)) return 0;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().Count(character => character == '\n');
    }

    /// <summary>The report, but for what belongs to the times.</summary>
    private string Report(string folder)
    {
        JsonObject report = JsonNode.Parse(File.ReadAllText(_folder.File($"{folder}/report.json")))!.AsObject();
        report.Remove("times");
        report["run"]!.AsObject().Remove("machine");
        return report.ToJsonString();
    }
}
