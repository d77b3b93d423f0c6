using System.Globalization;
using System.Text.Json;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Policies;

namespace SafeDiffusion.ProtectionBench;

/// <summary>
/// Many concepts in one policy: what is erased and kept, and what harmless prompts cost, as functions of their number. Writes a line for each
/// picture, a table and a plot.
/// </summary>
internal sealed class ManyConcepts(BenchOptions options)
{
    private const long FirstSeed = 20_000;

    private static readonly DrawingSettings _settings = new(5, 25);

    private readonly List<ConceptCount> _counts = [];

    public async Task RunAsync()
    {
        ConceptAssets assets = new(options);
        int[] numbers = [.. options.List("counts", "1,5,10,20").Select(count => int.Parse(count, CultureInfo.InvariantCulture))];
        await Task.WhenAll(assets.LearnGuidelinesAsync(numbers.Max()), Task.Run(() => assets.LearnErasuresAsync(numbers.Max())));
        int pictures = options.Number("pictures", 60);
        string output = Directory.CreateDirectory(options.Text("out", "many")).FullName;
        using StreamWriter lines = new(Path.Combine(output, "pictures.jsonl"));
        SafetyPolicy everything = Redrawing(assets, ConceptSet.Most);
        await using Drawer drawer = await Drawer.LoadAsync(options.Model, everything, options.Workers);
        Sample[] keeping = ConceptSet.Keeping(pictures, FirstSeed);
        DrawnPicture[] undefendedKept = [.. await drawer.DrawAsync(keeping, SafetyPolicy.Empty, _settings)];
        foreach (int concepts in numbers)
        {
            IReadOnlyList<ErasureProjection> erasures = await assets.LearnErasuresAsync(concepts);
            SafetyPolicy erasure = erasures.Aggregate(SafetyPolicy.Empty, (policy, projection) => policy.AddTextErasure(new LinearTextErasure { Projection = projection }));
            SafetyPolicy redrawing = Redrawing(assets, concepts);
            SafetyPolicy both = redrawing.Protections.Aggregate(erasure, (policy, protection) => policy.Add(protection));
            Sample[] erasing = ConceptSet.Erasing(concepts, pictures, FirstSeed);
            IReadOnlyList<DrawnPicture> undefended = await drawer.DrawAsync(erasing, SafetyPolicy.Empty, _settings);
            foreach ((string name, SafetyPolicy policy) in new[] { ("erasure", erasure), ("redraw", redrawing), ("erasure+redraw", both) }.Where(named => options.List("policies", "erasure,redraw,erasure+redraw").Contains(named.Item1) && (named.Item1 == "erasure" || concepts <= options.Number("guidelines-up-to", ConceptSet.Most))))
            {
                IReadOnlyList<DrawnPicture> erased = await drawer.DrawAsync(erasing, policy, _settings), kept = await drawer.DrawAsync(keeping, policy, _settings);
                foreach (DrawnPicture picture in erased.Concat(kept)) lines.WriteLine(JsonSerializer.Serialize(new { concepts, policy = name, picture }));
                lines.Flush();
                _counts.Add(ConceptCount.Of(concepts, name, undefended, erased, undefendedKept, kept));
                Console.WriteLine(_counts[^1].Row());
            }
        }
        IReadOnlyList<ConceptCost> costs = await new ConceptCosts(options, assets).MeasureAsync(ConceptSet.Keeping(options.Number("cost-pictures", 20), FirstSeed + 10_000));
        await File.WriteAllTextAsync(Path.Combine(output, "table.md"), ConceptTable.Write(_counts, costs, [.. numbers.Select(concepts => (concepts, assets.Guidelines(concepts).Count))]));
        await File.WriteAllTextAsync(Path.Combine(output, "many-concepts.svg"), ConceptPlot.Write(_counts, costs));
    }

    /// <summary>A protection for each of the first concepts.</summary>
    public static SafetyPolicy Redrawing(ConceptAssets assets, int concepts) =>
        assets.Guidelines(concepts).Aggregate(SafetyPolicy.Empty, (policy, guideline) => policy.AddDetectAndRedraw(new DetectionRedrawing { Guideline = guideline }));
}
