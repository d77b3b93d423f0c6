using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Policies;

namespace SafeDiffusion.ProtectionBench;

/// <summary>What harmless prompts cost with so many concepts in a policy.</summary>
/// <param name="Method">Erasures or guidelines.</param>
/// <param name="Concepts">How many.</param>
/// <param name="MadeUp">How many of them are none of their own, for the cost alone: tokens like the others' with thresholds that nothing reaches, or erasures that stand there already.</param>
/// <param name="Rows">UNet rows, relative to no protection.</param>
/// <param name="Time">Time in networks and loop, likewise.</param>
/// <param name="Pictures">Pictures of each.</param>
internal sealed record ConceptCost(string Method, int Concepts, int MadeUp, double Rows, double Time, int Pictures);

/// <summary>Measures it one batch after another, protected and unprotected by turns, so that both meet the same machine.</summary>
internal sealed class ConceptCosts(BenchOptions options, ConceptAssets assets)
{
    private const float Unreachable = 900;

    public async Task<IReadOnlyList<ConceptCost>> MeasureAsync(Sample[] harmless)
    {
        IReadOnlyList<Guideline> learned = assets.Guidelines(ConceptSet.Most);
        if (learned.Count == 0 || harmless.Length == 0) return [];
        IReadOnlyList<ErasureProjection> erasures = await assets.LearnErasuresAsync(options.Number("cost-erasures", ConceptSet.Most));
        await using Drawer plain = await Drawer.LoadAsync(options.Model, SafetyPolicy.Empty, 1), watched = await Drawer.LoadAsync(options.Model, Policy(learned), 1);
        List<ConceptCost> costs = [];
        foreach (int concepts in new[] { 1, 5, 20, 50 })
        {
            Guideline[] all = [.. learned.Take(concepts), .. Enumerable.Range(0, Math.Max(0, concepts - learned.Count)).Select(i => MadeUp(learned[i % learned.Count], i))];
            await AddAsync("redraw", concepts, Math.Max(0, concepts - learned.Count), Policy(all));
            ErasureProjection[] erased = [.. Enumerable.Range(0, concepts).Select(i => erasures[i % erasures.Count])];
            await AddAsync("erasure", concepts, Math.Max(0, concepts - erasures.Count), erased.Aggregate(SafetyPolicy.Empty, (policy, projection) => policy.AddTextErasure(new LinearTextErasure { Projection = projection })));
        }
        return costs;

        async Task AddAsync(string method, int concepts, int madeUp, SafetyPolicy policy)
        {
            // Erasures need no watching UNet.
            Drawer own = method == "erasure" ? plain : watched;
            List<DrawnPicture> without = [], with = [];
            await own.DrawAsync(harmless[..Math.Min(4, harmless.Length)], policy, new(5, 25));
            await plain.DrawAsync(harmless[..Math.Min(4, harmless.Length)], SafetyPolicy.Empty, new(5, 25));
            foreach (Sample[] batch in harmless.Chunk(4))
            {
                without.AddRange(await plain.DrawAsync(batch, SafetyPolicy.Empty, new(5, 25)));
                with.AddRange(await own.DrawAsync(batch, policy, new(5, 25)));
            }
            // What is begun again for a false alarm is told among the figures; here it is what watching costs.
            bool[] same = [.. with.Zip(without, (left, right) => left.Pixels == right.Pixels)];
            costs.Add(new(
                method, concepts, madeUp, (double)Sum(with, picture => picture.Rows) / (double)Sum(without, picture => picture.Rows),
                Sum(with, picture => picture.Seconds) / Sum(without, picture => picture.Seconds), same.Count(isSame => isSame)));
            Console.WriteLine(costs[^1]);

            double Sum(List<DrawnPicture> pictures, Func<DrawnPicture, double> number) => pictures.Where((_, i) => same[i]).Sum(number);
        }
    }

    private static SafetyPolicy Policy(IEnumerable<Guideline> guidelines) =>
        guidelines.Aggregate(SafetyPolicy.Empty, (policy, guideline) => policy.AddDetectAndRedraw(new DetectionRedrawing { Guideline = guideline }));

    private static Guideline MadeUp(Guideline like, int number)
    {
        float[] values = [.. like.Embeddings.ToArray().Select((value, i) => value * (1 + 0.1f * MathF.Sin(i + number + 1)))];
        return new Guideline(like.Identity, values, like.TextWidth, like.Background.ToArray(), like.Layers, [.. like.Calibration.Select(band => band with { Floor = band.Floor + Far(band), Ceiling = band.Ceiling + Far(band) })])
        {
            Redrawing = new([.. like.Redrawing!.High.Select(at => at with { Score = at.Score + Unreachable })], [.. like.Redrawing.Low.Select(at => at with { Score = at.Score + Unreachable })]),
            Instead = like.Instead,
        };

        static float Far(CalibrationBand band) => 20 * (band.Ceiling - band.Floor);
    }
}
