using System.Diagnostics;
using SafeDiffusion.Cli.Commands;
using SafeDiffusion.Detection;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Training;
using SafeDiffusion.Training.Erasing;

namespace SafeDiffusion.ProtectionBench;

/// <summary>What is learned for each concept; what is in the folder already is not learned again.</summary>
internal sealed class ConceptAssets(BenchOptions options)
{
    private const long FirstSeed = 1_000_000;

    private readonly string _folder = Directory.CreateDirectory(options.Text("assets", "many-assets")).FullName;

    private string GuidelineFile(string concept) => Path.Combine(_folder, $"{concept.Replace(' ', '-')}.guideline.safetensors");

    /// <summary>The concepts whose guideline tells pictures apart; the others have no threshold to begin a picture again by.</summary>
    public IReadOnlyList<Guideline> Guidelines(int concepts) =>
        [.. ConceptSet.Concepts[..concepts].Select(GuidelineFile).Where(File.Exists).Select(Guideline.Load).Where(guideline => guideline.Redrawing is not null)];

    /// <summary>Learns the first guidelines, as many at a time as there are workers.</summary>
    public Task LearnGuidelinesAsync(int concepts) => options.Text("guidelines", "yes") == "no" ? Task.CompletedTask : Parallel.ForEachAsync(
        ConceptSet.Concepts[..concepts].Select((concept, i) => (concept, i)).Where(next => !File.Exists(GuidelineFile(next.concept))), new ParallelOptions { MaxDegreeOfParallelism = options.Workers },
        async (next, cancellationToken) =>
        {
            Stopwatch watch = Stopwatch.StartNew();
            using ShapesAnnotator annotator = new(next.concept);
            LearnedGuideline learned = await GuidelineLearner.LearnAsync(
                options.Model,
                new GuidelineLearningOptions
                {
                    Concept = next.concept,
                    Instead = ConceptSet.Article(ConceptSet.Instead(next.concept)),
                    Layers = LayerSelection.Parse("#4,#5"),
                    Prompts = ConceptSet.LearningPrompts(next.concept),
                    SafePrompts = ConceptSet.SafeLearningPrompts(next.concept),
                    UnsafePictures = options.Number("unsafe-pictures", 60),
                    SafePictures = options.Number("safe-pictures", 180),
                    Annotator = annotator,
                    GuidanceScale = 5,
                    CacheLimit = 512L << 20,
                    Seed = FirstSeed + 10_000 * next.i,
                    Pipeline = new PipelineOptions { Threads = 1 },
                },
                null, cancellationToken);
            learned.Guideline.Save(GuidelineFile(next.concept));
            Console.WriteLine($"{next.concept}: {watch.Elapsed.TotalSeconds:0} s, {(learned.Guideline.Redrawing is null ? "no redraw thresholds" : "learned")}; {string.Join(" ", learned.Shortcomings)}");
        });

    /// <summary>An erasure for each of the first concepts: one of several together opens for fewer prompts (of five, 42 % were left where each by itself left none).</summary>
    public async Task<IReadOnlyList<ErasureProjection>> LearnErasuresAsync(int concepts)
    {
        List<ErasureProjection> erasures = [];
        foreach (string concept in ConceptSet.Concepts[..concepts]) erasures.Add(await LearnErasureAsync(concept));
        return erasures;
    }

    private async Task<ErasureProjection> LearnErasureAsync(string concept)
    {
        string file = Path.Combine(_folder, $"{concept.Replace(' ', '-')}.erasure.safetensors");
        if (!File.Exists(file))
        {
            Stopwatch watch = Stopwatch.StartNew();
            LearnedErasure learned = await ErasureLearner.LearnAsync(options.Model, new ErasureLearningOptions
            {
                Concepts = [new ErasedConcept { Concept = concept, Becomes = ConceptSet.Instead(concept) }],
                Preserve = ConceptSet.Captions([concept]),
                Pipeline = new PipelineOptions { Threads = 1 },
            });
            learned.Projection.Save(file);
            Console.WriteLine($"erasure of {concept}: {watch.Elapsed.TotalSeconds:0} s, opened by {learned.Measured.ConceptOpened} of {learned.Measured.ConceptPrompts} with it, {learned.Measured.HarmlessOpened} of {learned.Measured.HarmlessPrompts} others");
        }
        return ErasureProjection.Load(file);
    }
}
