using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.ConceptDetection;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Pipeline.Layouts;

/// <summary>
/// Model layer: folders as they are published draw, detect and inhibit what the plain folder does; the table of docs/models.md is made of
/// what happens here. <c>UPDATE_TABLES=1</c> writes it anew.
/// </summary>
public sealed class LayoutTableTests
{
    private const string Begin = "<!-- made by LayoutTableTests -->";
    private const string End = "<!-- end -->";

    private static readonly GenerationRequest _request = new("a red triangle") { Steps = 3, Seed = 7, GuidanceScale = 5, Width = 64, Height = 64, KeepLatents = true };

    private static readonly SafetyPolicy _detects = SafetyPolicy.Empty.AddDetection(new DetectionOnly { Guideline = ShapesGuideline.RedTriangle, AllowOtherModel = true });

    /// <summary>From the first step, so that three steps show it.</summary>
    private static readonly SafetyPolicy _inhibits = SafetyPolicy.Empty.AddGrowthInhibitor(new GrowthInhibition { Concept = "red triangle" });

    [LinkFact]
    public async Task TheTableIsWhatHappens()
    {
        Drawn plain = await Drawn.OfAsync(Fixture.ShapesModel);
        Assert.True(Furthest(plain.Plain, plain.Inhibited) > 0.1f, "The inhibitor changes nothing, so that nothing would be seen of it.");
        StringBuilder table = new("| folder | loads | draws | detects | inhibits |\n|---|---|---|---|---|\n");
        foreach (PublishedLayout layout in PublishedLayout.All)
            table.Append('|').Append(' ').Append(layout.Name).Append(" | ").Append(string.Join(" | ", await OutcomeAsync(layout, plain))).Append(" |\n");

        string path = Path.Combine(Fixture.Root, "docs", "models.md");
        string page = Page.Read("docs/models.md").Text;
        int start = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length + 1, end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(start > Begin.Length && end > start, $"docs/models.md has no place for the table, {Begin} to {End}.");
        string written = page[start..end];
        if (Environment.GetEnvironmentVariable("UPDATE_TABLES") == "1") File.WriteAllText(path, $"{page[..start]}{table}{page[end..]}");
        else Assert.Equal(table.ToString(), written);
        Assert.DoesNotContain("| no", table.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Loads, draws, detects, inhibits: yes, what a refusal says, or how far from the plain folder it is.</summary>
    private static async Task<string[]> OutcomeAsync(PublishedLayout layout, Drawn plain)
    {
        using ModelVariant variant = new();
        string folder = layout.Change(variant);
        Drawn drawn;
        try
        {
            drawn = await Drawn.OfAsync(folder);
        }
        catch (InvalidFileException error) when (error.Message.Contains("no CPU kernel for com.microsoft.NhwcConv (1 node, the first '/model/conv_in/Conv')", StringComparison.Ordinal))
        {
            return ["refused on the CPU, by operator and node", "", "", ""];
        }
        catch (SafeDiffusionException error)
        {
            return [$"no: {error.Message}", "", "", ""];
        }
        string inhibits = Told(Furthest(plain.Inhibited, drawn.Inhibited));
        return ["yes", Told(Furthest(plain.Plain, drawn.Plain)), Told(Furthest(plain.Detected, drawn.Detected)), inhibits];

        string Told(float difference) => difference <= layout.Tolerance ? "yes" : $"no, {difference} off";
    }

    private static float Furthest(float[] expected, float[] actual) => expected.Length == actual.Length
        ? expected.Zip(actual, (left, right) => Math.Abs(left - right)).Max(difference => float.IsNaN(difference) ? float.PositiveInfinity : difference)
        : float.PositiveInfinity;

    /// <summary>What a folder gives: latents without and with inhibition, and the readings of the detection maps, step by step.</summary>
    private sealed record Drawn(float[] Plain, float[] Detected, float[] Inhibited)
    {
        public static async Task<Drawn> OfAsync(string folder)
        {
            await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(folder, new PipelineOptions { Threads = 1 }.For(_detects).For(_inhibits));
            await pipeline.TryNetworksAsync();
            GenerationResult plain = await pipeline.GenerateAsync(_request with { Policy = _detects });
            GenerationResult inhibited = await pipeline.GenerateAsync(_request with { Policy = _inhibits });
            float[] readings = [.. plain.Report.Images.Single().Steps.SelectMany(step => step.Observations).SelectMany(seen => new[] { seen.Detection!.Value.Maximum, seen.Detection.Value.Area })];
            Assert.Equal(2 * _request.Steps, readings.Length);
            Assert.All(inhibited.Report.Images.Single().Steps, step => Assert.NotEmpty(step.Interventions));
            return new(plain.Latents!.Final.ToSingles(), readings, inhibited.Latents!.Final.ToSingles());
        }
    }
}
