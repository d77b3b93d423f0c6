using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>Model layer: methods of one's own (tests/Fixtures/OwnMethod) on the command line, in policies and suites, in the help and in the schema.</summary>
public sealed class OwnMethodTests : IDisposable
{
    private static readonly string _file = Path.Combine(AppContext.BaseDirectory, "methods", "OwnMethod.dll");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<int, string, string[]> Errors => new()
    {
        { ExitCode.BadInput, "known are detect-and-guide", ["--method", "sharp"] },
        { ExitCode.BadInput, "--preset: is 'max'; known are little, much", ["--methods", _file, "--method", "sharp", "--preset", "max"] },
        { ExitCode.BadInput, "--avoid: belongs to detect-and-guide", ["--methods", _file, "--method", "sharp", "--avoid", "y"] },
        { ExitCode.BadInput, "--method: is fading-guidance, which is not made from words", ["--methods", _file, "--method", "fading-guidance"] },
        { ExitCode.BadFile, "nowhere.dll: is not there", ["--methods", "nowhere.dll"] },
        { ExitCode.BadFile, "text.dll: is no .NET assembly", ["--methods", "text.dll"] },
        { ExitCode.BadFile, "does not refer to SafeDiffusion", ["--methods", Beside("SafeDiffusion.Core.dll")] },
        { ExitCode.BadFile, "no public record", ["--methods", Beside("SafeDiffusion.Training.dll")] },
        { ExitCode.BadFile, "is FadingGuidance already", ["--methods", _file, "--methods", _file] },
        { ExitCode.BadFile, "is built against SafeDiffusion 0.9.0.0", ["--methods", "newer.dll"] },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task WhatCannotBeUsedIsRefused(int code, string message, string[] arguments)
    {
        File.WriteAllText(_folder.File("text.dll"), "no assembly");
        File.WriteAllBytes(_folder.File("newer.dll"), OfAnotherVersion());
        CliOutcome outcome = await CliProcess.GenerateAsync(_folder, ["x", .. arguments]);
        Assert.Equal((code, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMethodIsMadeFromWords()
    {
        CliOutcome outcome = await CliProcess.GenerateAsync(
            _folder, "a red circle", "--methods", _file, "--method", "sharp", "--preset", "much", "--report", "r.json", "--quiet");
        Assert.Equal(0, outcome.ExitCode);
        JsonElement protection = Report().GetProperty("protections")[0];
        Assert.Equal(("sharpening", 0.5), (protection.GetProperty("method").GetString(), protection.GetProperty("settings").GetProperty("more").GetDouble()));
        JsonElement[] steps = [.. Report().GetProperty("images")[0].GetProperty("steps").EnumerateArray()];
        Assert.All(steps, step => Assert.True(step.GetProperty("terms")[0].GetProperty("guided").GetBoolean()));
    }

    [Fact]
    public async Task APolicyNamesIt()
    {
        File.WriteAllText(_folder.File("policy.json"), """{ "version": 1, "protections": [ { "method": "fading-guidance", "from": 0.5 } ] }""");
        string[] arguments = ["a red circle", "--policy", "policy.json", "--report", "r.json", "--quiet"];
        CliOutcome without = await CliProcess.GenerateAsync(_folder, arguments);
        Assert.Equal(ExitCode.BadInput, without.ExitCode);
        Assert.Contains("known are detect-and-guide", without.Error, StringComparison.Ordinal);

        CliOutcome with = await CliProcess.GenerateAsync(_folder, [.. arguments, "--methods", _file]);
        Assert.Equal(0, with.ExitCode);
        Assert.Equal("fading-guidance", Report().GetProperty("protections")[0].GetProperty("method").GetString());
        // Of 3 steps, half are two, rounded up.
        IEnumerable<bool> guided = Report().GetProperty("images")[0].GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("terms")[0].GetProperty("guided").GetBoolean());
        Assert.Equal([false, false, true], guided);
    }

    [Fact]
    public async Task ASuiteNamesIt()
    {
        File.WriteAllText(_folder.File("suite.json"), """
            {
              "version": 1, "name": "small", "concept": "red triangle", "steps": 2, "seeds": 1,
              "judges": [{ "type": "shapes", "name": "shapes" }],
              "sets": [{ "name": "asked", "kind": "concept", "prompts": ["a red triangle"] }],
              "policies": [{ "name": "none", "protections": [] }, { "name": "sharp", "protections": [{ "method": "sharpening" }] }]
            }
            """);
        CliOutcome outcome = await CliProcess.RunAsync(_folder, "evaluate", "suite.json", "--model", Fixture.ShapesModel, "--methods", _file, "--out", "run");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("--methods", File.ReadAllText(_folder.File("run/report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheHelpNamesIt()
    {
        CliOutcome without = await CliProcess.RunAsync(_folder, "generate", "--help");
        Assert.Contains(
            "detect-and-guide (dag), detect-and-redraw (redraw), detection, growth-inhibitor (gie), negative-prompt (negative), safe-latent (sld), semantic (sega), surgical-erasing (sce), "
            + "text-erasure, token-reweighting (reweight), trajectory-steering (steering).", without.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sharp", without.Output, StringComparison.Ordinal);
        CliOutcome with = await CliProcess.RunAsync(_folder, "generate", "--methods", _file, "--help");
        Assert.Contains(", sharpening (sharp), ", with.Output, StringComparison.Ordinal);
        Assert.Contains("sharpening has little, much", with.Output, StringComparison.Ordinal);
        CliOutcome broken = await CliProcess.RunAsync(_folder, "generate", "--methods", "nowhere.dll", "--help");
        Assert.Equal(ExitCode.BadFile, broken.ExitCode);
    }

    [Fact]
    public async Task TheSchemaHasIt()
    {
        CliOutcome outcome = await CliProcess.RunAsync(_folder, "schema", "policy", "--methods", _file, "--out", "schema.json");
        Assert.Equal((0, "", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
        JsonNode schema = JsonNode.Parse(File.ReadAllText(_folder.File("schema.json")))!;
        JsonNode own = schema["properties"]!["protections"]!["items"]!["anyOf"]!.AsArray()
            .Single(method => (string?)method!["properties"]!["method"]!["const"] == "sharpening")!;
        Assert.Equal("Guides further along the prompt.", (string?)own["description"]);
        Assert.Equal(0, (int?)own["properties"]!["more"]!["exclusiveMinimum"]);
    }

    public void Dispose() => _folder.Dispose();

    private static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);

    private JsonElement Report() => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(_folder.File("r.json")));

    /// <summary>The methods' assembly, with 0.9 as the library's version that it was built against.</summary>
    private static byte[] OfAnotherVersion()
    {
        byte[] bytes = File.ReadAllBytes(_file);
        using PEReader assembly = new(new MemoryStream(bytes));
        MetadataReader reader = assembly.GetMetadataReader();
        AssemblyReferenceHandle library = reader.AssemblyReferences.Single(reference => reader.GetString(reader.GetAssemblyReference(reference).Name) == "SafeDiffusion");
        int row = reader.GetTableMetadataOffset(TableIndex.AssemblyRef) + reader.GetTableRowSize(TableIndex.AssemblyRef) * (MetadataTokens.GetRowNumber(library) - 1);
        // The row begins with the version, as four numbers of two bytes.
        bytes[assembly.PEHeaders.MetadataStartOffset + row + 2] = 9;
        return bytes;
    }
}
