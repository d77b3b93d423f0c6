using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using SafeDiffusion;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Guidance;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Pipeline;
using SafeDiffusion.Policies;

namespace Documentation;

/// <summary>Formula and model layer: the pages say what is there, and all of it.</summary>
public sealed partial class PageTests
{
    private static readonly string[] _texts =
    [
        "", ".config", ".cs", ".csproj", ".editorconfig", ".html", ".json", ".md", ".props", ".py", ".sh", ".slnx", ".targets", ".txt", ".yml",
    ];

    /// <summary>Built or restored, or fetched for the build.</summary>
    private static readonly string[] _foreign = ["bin", "obj", "artifacts", "TestResults", ".git", ".vs", ".vscode", ".idea"];

    public static TheoryData<string> Methods => [.. KnownMethods.Keys];

    private static Dictionary<string, Type> KnownMethods => MethodCatalogue.Default.Names.ToDictionary(name => name, name => MethodCatalogue.Default.Find(name)!);

    [Fact]
    public void EveryPolicyCanBeRead()
    {
        string[] policies = [.. Page.Policies];
        Assert.NotEmpty(policies);
        using GuidelineFolder notShipped = new();
        Assert.All(policies, policy => Assert.NotEmpty(SafetyPolicy.Parse(policy, policy.Contains(GuidelineFolder.Delta, StringComparison.Ordinal) ? notShipped.Path : Fixture.Root).Protections));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void EveryOptionOfAMethodIsDescribed(string method)
    {
        JsonSerializerOptions json = new(PolicyJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        IEnumerable<string> options = json.GetTypeInfo(KnownMethods[method]).Properties
            .Where(property => property.Get is not null).Select(property => property.Name);
        string table = Page.Read("docs/policy.md").Section($"`{method}`").Split("\n\n")
            .Single(part => part.StartsWith("| option |", StringComparison.Ordinal));
        Assert.Equal(options.Order(StringComparer.Ordinal), Page.TableNames(table).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task EveryFieldOfTheReportIsDescribed()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddNegativePrompt("a ring").AddSafeLatent("a red triangle", SafeLatentPreset.Max).AddDetectAndGuide(DetectingModel.Guidance)
            .AddGrowthInhibitor("a red triangle").AddDetection(DetectingModel.GuidelineFile).AddDetectAndRedraw(new DetectionRedrawing { Guideline = ShapesGuideline.Everywhere, Instead = "a blue ring" }).AddTextErasure(new LinearTextErasure { Projection = TestProjection.Of(64, -1), AllowOtherModel = true })
            .WhenStillDetected(RemedialAction.Flag);
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions().For(policy));
        GenerationResult result = await pipeline.GenerateAsync(new GenerationRequest(string.Join(' ', Enumerable.Repeat("a green star", 20)))
        {
            Steps = 2,
            Policy = policy,
        });
        SortedSet<string> fields = new(StringComparer.Ordinal);
        AddFields(JsonNode.Parse(result.Report.ToJson()), "", fields);
        // What is thrown away is told of as what is kept.
        fields.RemoveWhere(field => field.StartsWith("images[].redraws[].steps[].", StringComparison.Ordinal));
        // This model has none baked in.
        fields.UnionWith(["model.bakedErasures[].concept", "model.bakedErasures[].hash", "model.bakedErasures[].isWeightDelta"]);
        Page page = Page.Read("docs/report.md");
        // A parent that only groups its fields needs no line of its own.
        string[] described = [.. Page.TableNames(page.Section("Fields"))];
        fields.RemoveWhere(field => !described.Contains(field) && described.Any(name => name.StartsWith($"{field}.", StringComparison.Ordinal)));
        Assert.Equal(fields, described.Order(StringComparer.Ordinal));

        SortedSet<string> example = new(StringComparer.Ordinal);
        AddFields(JsonNode.Parse(page.Blocks("json").Single()), "", example);
        Assert.All(example, field => Assert.Contains(described, name => name == field || name.StartsWith($"{field}.", StringComparison.Ordinal)));
    }

    [Fact]
    public void EveryLinkLeadsSomewhere()
    {
        string[] pages =
        [
            .. Page.All.Select(page => page.Name), "CHANGELOG.md", "CONTRIBUTING.md", "tests/Fixtures/README.md", "tests/Fixtures/shapes/README.md",
            "models/shapes/README.md", "models/shapes/training/README.md",
        ];
        Assert.All(pages, name =>
        {
            string folder = Path.GetDirectoryName(Path.Combine(Fixture.Root, name))!;
            foreach (Match link in Link().Matches(Page.Read(name).Text))
            {
                string target = link.Groups[1].Value;
                if (target.StartsWith("https://", StringComparison.Ordinal)) continue;
                Assert.True(Path.Exists(Path.Combine(folder, target.Split('#')[0])), $"{name} links to {target}, which is not there.");
            }
        });
    }

    [Theory]
    [InlineData("Microsoft.ML.OnnxRuntime.Managed", "Microsoft.ML.OnnxRuntime.Managed", "{0} or newer")]
    [InlineData("Microsoft.ML.OnnxRuntime (CPU)", "Microsoft.ML.OnnxRuntime", "{0}")]
    [InlineData("Microsoft.ML.OnnxRuntime.Gpu (CUDA 13)", "Microsoft.ML.OnnxRuntime.Gpu", "{0}")]
    [InlineData("Microsoft.ML.Tokenizers", "Microsoft.ML.Tokenizers", "{0}")]
    [InlineData("System.Numerics.Tensors", "System.Numerics.Tensors", "{0}")]
    [InlineData("Google.Protobuf", "Google.Protobuf", "{0}")]
    [InlineData("MathNet.Numerics (evaluation)", "MathNet.Numerics", "{0}")]
    [InlineData("SixLabors.ImageSharp (JPEG and WebP)", "SixLabors.ImageSharp", "{0}, below 3.0")]
    public void VersionsAreThoseOfTheBuild(string row, string package, string version)
    {
        string table = Page.Read("README.md").Section("Versions");
        Assert.Contains($"| {row} | {string.Format(CultureInfo.InvariantCulture, version, Version(package))} |", table, StringComparison.Ordinal);
    }

    [Fact]
    public void TheReadmesProjectTakesTheVersionOfTheBuild()
    {
        string project = Assert.Single(Page.Read("README.md").Blocks("xml"));
        Assert.Contains($"\"Microsoft.ML.OnnxRuntime\" Version=\"{Version("Microsoft.ML.OnnxRuntime")}\"", project, StringComparison.Ordinal);
    }

    /// <summary>A package's page stands elsewhere: relative links would lead nowhere there.</summary>
    [Fact]
    public void ThePackagesReadmeStandsAlone()
    {
        Page page = Page.Read("build/package-readme.md");
        Assert.Equal(Page.Read("README.md").Blocks("csharp").Single(), page.Blocks("csharp").Single());
        Assert.All(Link().Matches(page.Text), link => Assert.StartsWith("https://", link.Groups[1].Value, StringComparison.Ordinal));
        Assert.Contains("<None Include=\"$(RepositoryRoot)build/package-readme.md\" Pack=\"true\" PackagePath=\"/README.md\"",
            File.ReadAllText(Path.Combine(Fixture.Root, "Directory.Build.targets")), StringComparison.Ordinal);
    }

    /// <summary>The project speaks of itself alone: no file names a folder of a machine or the host of a package registry.</summary>
    [Fact]
    public void NoFileNamesAMachine()
    {
        IEnumerable<string> files = Files(new DirectoryInfo(Fixture.Root)).Where(file => _texts.Contains(Path.GetExtension(file)));
        Assert.All(files, file => Assert.DoesNotMatch(Machine(), File.ReadAllText(file)));
    }

    private static IEnumerable<string> Files(DirectoryInfo folder) =>
    [
        .. folder.EnumerateFiles().Select(file => file.FullName),
        .. folder.EnumerateDirectories().Where(inner => !_foreign.Contains(inner.Name)).SelectMany(Files),
    ];

    /// <summary>A package's version in this build; of a range, the least.</summary>
    private static string Version(string package)
    {
        string packages = File.ReadAllText(Path.Combine(Fixture.Root, "Directory.Packages.props"));
        Match version = Regex.Match(packages, $"Include=\"{Regex.Escape(package)}\" Version=\"\\[?([^\",]+)");
        Assert.True(version.Success, $"{package} has no version.");
        return version.Groups[1].Value;
    }

    private static void AddFields(JsonNode? node, string path, SortedSet<string> fields)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array) AddFields(item, $"{path}[]", fields);
            return;
        }
        if (node is not JsonObject values) return;
        foreach ((string name, JsonNode? value) in values)
        {
            string field = path.Length == 0 ? name : $"{path}.{name}";
            fields.Add(field);
            // A protection's settings are a policy's, and described there.
            if (name != "settings") AddFields(value, field, fields);
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(
        @"(?<![\w.*:])/(work|root|home|mnt|Users)/\w|[a-z]:\\Users\\|https?://[^\s""']*(registry|nexus|artifactory)[^\s""']*\.",
        RegexOptions.IgnoreCase)]
    private static partial Regex Machine();
}
