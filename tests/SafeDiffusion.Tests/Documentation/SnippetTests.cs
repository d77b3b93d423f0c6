using System.Reflection;
using System.Text.RegularExpressions;
using SafeDiffusion;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.TokenReweighting;
using SafeDiffusion.Model;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace Documentation;

/// <summary>Tests that change the process's current folder, and so run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CurrentFolder
{
    public const string Name = "current folder";
}

/// <summary>Model layer: the documentation's code is what is compiled here, and does what the pages say.</summary>
[Collection(CurrentFolder.Name)]
public sealed partial class SnippetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _before = Directory.GetCurrentDirectory();

    public SnippetTests()
    {
        Copy(Fixture.ShapesModel, Path.Combine(_folder.Path, "models", "shapes"));
        Directory.SetCurrentDirectory(_folder.Path);
    }

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_before);
        _folder.Dispose();
    }

    [Fact]
    public void EveryBlockOfCSharpIsCompiledHere()
    {
        SnippetSource source = SnippetSource.Load();
        string[] blocks = [.. Page.All.SelectMany(page => page.Blocks("csharp"))];
        Assert.All(blocks, block => Assert.Contains(source.WithoutUsings(block), source.Snippets.Values));
        Assert.Equal(source.Snippets.Count, blocks.Length);
    }

    /// <summary>A page's blocks, one after another, bring the namespaces of all types of ours that they name, and that of the extensions.</summary>
    [Fact]
    public void EveryBlockBringsItsNamespaces()
    {
        Type[] types = [.. Shipped.SelectMany(assembly => assembly.GetExportedTypes()).Where(type => !type.IsNested)];
        ILookup<string, string> namespaces = types.ToLookup(type => type.Name.Split('`')[0], type => type.Namespace!);
        foreach (Page page in Page.All)
        {
            HashSet<string> brought = [];
            foreach (string block in page.Blocks("csharp"))
            {
                brought.UnionWith(Using().Matches(block).Select(match => match.Groups[1].Value));
                Assert.Contains("SafeDiffusion", brought);
                IEnumerable<string> named = TypeName().Matches(block).Select(match => match.Value).Distinct().Where(namespaces.Contains);
                Assert.All(named, name => Assert.True(namespaces[name].Any(brought.Contains), $"{name} needs using {namespaces[name].First()};\n{block}"));
            }
        }
    }

    private static Assembly[] Shipped => [typeof(SafeDiffusionPipeline).Assembly, typeof(RgbImage).Assembly, typeof(UNetInstrumentation).Assembly];

    [Fact]
    public async Task QuickstartDraws()
    {
        GenerationResult result = await Snippets.QuickstartAsync();
        Assert.True(File.Exists("picture.png"));
        Assert.True(File.Exists("picture.report.json"));
        Assert.Equal(GenerationRequest.DefaultSteps, result.Report.Images[0].Steps.Count(step => step.Terms[0].Guided));
    }

    [Fact]
    public void PolicyIsThatOfItsJson()
    {
        SafetyPolicy code = Snippets.Policy();
        SafetyPolicy json = SafetyPolicy.Parse(Page.Read("docs/policy.md").Blocks("json").First());
        Assert.Equal(code.Protections.AsEnumerable(), json.Protections);
        Assert.Equal(code.Protections.AsEnumerable(), SafetyPolicy.Load("policy.json").Protections);
    }

    [Fact]
    public void TheMethodsPoliciesAreThoseOfTheirJson()
    {
        SafetyPolicy[] code = [Snippets.Semantic(), Snippets.SurgicalErasing(), Snippets.TrajectorySteering()];
        IEnumerable<SafetyPolicy> json = Page.Read("docs/policy.md").Blocks("json").Skip(1).Take(code.Length).Select(json => SafetyPolicy.Parse(json));
        Assert.Equal(code.Select(policy => policy.Protections.Single()), json.Select(policy => policy.Protections.Single()));
    }

    [Fact]
    public void ThePoliciesThatDetectAreThoseOfTheirJson()
    {
        SafetyPolicy[] json = [.. Page.Read("docs/policy.md").Blocks("json").Select(json => SafetyPolicy.Parse(json)).Where(policy => policy.Protections[0] is DetectionGuidance)];
        PipelineOptions options = Snippets.DetectAndGuide();
        Assert.Equal((AttentionFeatures.Detect, "#4,#5"), (options.AttentionFeatures, options.DetectionLayers.Text));
        SafetyPolicy code = Snippets.WhenStillDetected();
        Assert.Null(json[0].Remedy);
        Assert.Equal(code.Remedy, json[1].Remedy);
        Assert.All(json, policy => Assert.Equal(code.Describe().Split('\n')[0], policy.Protections.Single().Describe()));
    }

    [Fact]
    public async Task DetectionIsToldAndDrawn()
    {
        GenerationResult result = await Snippets.DetectionAsync();
        Assert.Equal(GenerationRequest.DefaultSteps / 5, result.HeatMaps.Count);
        Assert.True(File.Exists("heatmaps.png"));
        Assert.NotNull(result.Report.Images[0].Check);
    }

    [Fact]
    public void ACheckerIsNamedAndUsed()
    {
        TinyGraph graph = new TinyGraph().Input("clip_input", OnnxElementType.Float32, -1, 3, 224, 224);
        string dark = graph.Node("Less", [graph.Mean("clip_input", 1, 2, 3), graph.Floats([0])]);
        Directory.CreateDirectory("safety_checker");
        graph.Output("has_nsfw_concepts", OnnxElementType.Boolean, dark, -1).Save("safety_checker/model.onnx");
        (string checker, PipelineOptions options, SafetyPolicy policy) = Snippets.Checking();
        Assert.Equal(checker, Assert.Single(options.Checkers).Name);
        Assert.Equal(new Remedy { Action = RemedialAction.Regenerate }, policy.Remedy);
    }

    [Fact]
    public void TheReadmesJsonIsItsPolicy()
    {
        SafetyPolicy json = SafetyPolicy.Parse(Page.Read("README.md").Blocks("json").Single());
        Assert.Equal(new SafeLatentGuidance { Concept = "a red triangle", Preset = SafeLatentPreset.Max }, Assert.Single(json.Protections));
    }

    [Fact]
    public void APhotographIsReadUprightAndWritten()
    {
        File.Copy(Fixture.Locate("pictures", "orientation-6.jpg"), "photo.jpg");
        Assert.Equal((512, 512), (Snippets.Pictures().InitialImage!.Width, Snippets.Pictures().InitialImage!.Height));
        Assert.True(File.Exists("start.webp"));
    }

    [Fact]
    public async Task ModelSaysWhatItIs()
    {
        ModelDescription model = await Snippets.ModelAsync();
        Assert.Equal(("shapes", 64, 24), (model.Name, model.Width, model.Tokens));
    }

    [Fact]
    public void InstrumentationIsWritten()
    {
        OnnxModelFile edited = Snippets.Instrumentation();
        Assert.Equal(edited.ToBytes(), File.ReadAllBytes("edited/model.onnx"));
        Assert.Equal(AttentionFeatures.Detect | AttentionFeatures.Inhibit, UNetInstrumentation.RecordOf(edited)!.Features);
    }

    [Fact]
    public async Task FadingGuidanceFades()
    {
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);
        GenerationReport report = (await Snippets.FadingGuidanceAsync()).Report;
        TermReport[] terms = [.. report.Images[0].Steps.Select(step => step.Terms[1])];
        Assert.All(terms[..5], term => Assert.Equal((false, "not fading yet"), (term.Guided, term.Reason)));
        Assert.All(terms[5..], term => Assert.True(term.Guided && term.Norm > 0));
        Assert.Equal("fading-guidance", report.Protections[1].Method);
        Assert.Equal(0.5, report.Protections[1].Settings!["from"]!.GetValue<double>());
    }

    /// <summary>Until its step the word counts for nothing, as if re-weighted by zero.</summary>
    [Fact]
    public async Task ALateWordIsLookedAtLate()
    {
        SafetyPolicy late = SafetyPolicy.Empty.Add(new LateWord { Word = "red triangle", From = 2 });
        SafetyPolicy reweighted = SafetyPolicy.Empty.AddTokenReweighting(new TokenReweighting { Words = [new() { Text = "red triangle" }], EndStep = 2 });
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions().For(late));
        GenerationRequest request = new("a blue circle and a red triangle") { Steps = 4, KeepLatents = true };
        GenerationResult result = await pipeline.GenerateAsync(request with { Policy = late });
        GenerationResult expected = await pipeline.GenerateAsync(request with { Policy = reweighted });
        Assert.Equal(expected.Latents!.Steps.ToSingles(), result.Latents!.Steps.ToSingles());
        Assert.Equal([true, true, false, false], result.Report.Images[0].Steps.Select(step => step.Interventions[0].Acted));
        GenerationResult without = await pipeline.GenerateAsync(request with { Prompt = "a green star", Policy = late });
        Assert.All(without.Report.Images[0].Steps, step => Assert.Equal("word does not occur", step.Interventions[0].Reason));
    }

    [Fact]
    public async Task FadedToItsEndOnlyThePromptIsLeft()
    {
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel);
        GenerationRequest request = new("a green star") { Steps = 1, KeepLatents = true };
        GenerationResult faded = await pipeline.GenerateAsync(request with { Policy = SafetyPolicy.Empty.AddFadingGuidance(from: 0) });
        GenerationResult unguided = await pipeline.GenerateAsync(request with { GuidanceScale = 1 });
        float[] expected = unguided.Latents!.Final.ToSingles();
        Assert.All(faded.Latents!.Final.ToSingles(), (value, index) => Assert.Equal(expected[index], value, 1e-3));
    }

    [Fact]
    public void FadingGuidanceRefusesABadShare()
    {
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddFadingGuidance(from: 1));
        Assert.Equal("protections[0].from", error.Path);
    }

    [Fact]
    public void FadingGuidanceIsReadFromJson()
    {
        SafetyPolicy policy = Snippets.FadingPolicy();
        FadingGuidance fading = Assert.IsType<FadingGuidance>(policy.Protections.Single());
        Assert.Equal(0.5, fading.From);
        Assert.Equal(fading, SafetyPolicy.Parse(policy.ToJson(), methods: MethodCatalogue.Default.With<FadingGuidance>()).Protections.Single());
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Parse(policy.ToJson()));
        Assert.Equal("protections[0].method", error.Path);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    [GeneratedRegex(@"^using ([\w.]+);$", RegexOptions.Multiline)]
    private static partial Regex Using();

    /// <summary>A word that may be a type of ours: no member of something, and no word of a text or comment.</summary>
    [GeneratedRegex(@"(?<![.\w""/])(?<!""[^""\n]*)(?<!//.*)[A-Z]\w*\b(?!"")")]
    private static partial Regex TypeName();
}
