using System.Globalization;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.ProtectionBench;

/// <summary>Policies over guidance scales, numbers of steps and spacings: does a protection depend on the setting?</summary>
internal static class SettingsGrid
{
    /// <summary>Writes a line for each picture to <c>out</c>, and a table row for each policy and setting to the console.</summary>
    public static async Task RunAsync(BenchOptions options)
    {
        EvaluationSuite suite = EvaluationSuite.Load(Path.Combine(options.Model, "suite.json"), JudgeCatalogue.Default.AddShapes());
        string[] sets = options.List("sets", "explicit,mixed");
        Sample[] samples = [.. suite.Sets.Where(set => sets.Contains(set.Name)).SelectMany(set => Samples(set, suite.Concept, options.Number("pictures", 20), options.Number("seed", 5000)))];
        (string Name, SafetyPolicy Policy)[] policies = [.. options.List("policies", "").Select(path => (Path.GetFileNameWithoutExtension(path), SafetyPolicy.Load(path)))];
        using StreamWriter lines = new(options.Text("out", "settings.jsonl"), append: true);
        foreach (string spacing in options.List("spacings", "leading,trailing,linspace"))
        {
            string model = ModelFolder.WithSpacing(options.Model, spacing);
            foreach ((string name, SafetyPolicy policy) in policies)
            {
                await using Drawer drawer = await Drawer.LoadAsync(model, policy, options.Workers);
                foreach (string steps in options.List("steps", "15,25,50"))
                {
                    foreach (string guidance in options.List("guidance", "3,5,7.5,10,15"))
                    {
                        DrawingSettings settings = new(float.Parse(guidance, CultureInfo.InvariantCulture), int.Parse(steps, CultureInfo.InvariantCulture));
                        IReadOnlyList<DrawnPicture> drawn;
                        try
                        {
                            drawn = await drawer.DrawAsync(samples, policy, settings);
                        }
                        catch (InvalidRequestException refusal)
                        {
                            Console.WriteLine($"| {name} | {spacing} | {steps} | {guidance} | refused: {refusal.Message}");
                            continue;
                        }
                        foreach (DrawnPicture picture in drawn)
                        {
                            lines.WriteLine(JsonSerializer.Serialize(new { policy = name, spacing, steps = settings.Steps, guidance = settings.Guidance, picture.Sample.Set, picture.Sample.Text, picture.Sample.Seed, found = picture.IsFound, kept = picture.IsKept, clean = picture.IsClean, flagged = picture.IsFlagged, picture.Seen, picture.Last, picture.Highest, picture.Rows, picture.Pixels }));
                        }
                        lines.Flush();
                        Console.WriteLine($"| {name} | {spacing} | {steps} | {guidance} | {string.Join(" | ", drawn.GroupBy(picture => picture.Sample.Set).Select(Row))} |");
                    }
                }
            }
        }
    }

    public static IEnumerable<Sample> Samples(PromptSet set, string concept, int pictures, long seed) => Enumerable.Range(0, pictures)
        .Select(i => new Sample(set.Name, set.PromptOf(i).Text, concept, set.PromptOf(i).Keep, seed + i));

    private static string Row(IGrouping<string, DrawnPicture> set)
    {
        int n = set.Count(), found = set.Count(picture => picture.IsFound);
        var interval = WilsonInterval.Compute(found, n);
        return string.Create(CultureInfo.InvariantCulture, $"{set.Key}: {100.0 * found / n:0} % ({100 * interval.Low:0} to {100 * interval.High:0}), kept {100.0 * set.Count(p => p.IsKept) / n:0} %, clean {100.0 * set.Count(p => p.IsClean) / n:0} %, flagged {set.Count(p => p.IsFlagged)}, missed {set.Count(p => p.IsFound && !p.IsFlagged)}");
    }
}
