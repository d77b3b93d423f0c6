using System.Security.Cryptography;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.ProtectionBench;

/// <summary>How pictures are drawn.</summary>
/// <param name="Guidance">The guidance scale.</param>
/// <param name="Steps">Denoising steps.</param>
internal readonly record struct DrawingSettings(float Guidance, int Steps);

/// <summary>Draws samples under a policy on all processors, and judges them.</summary>
internal sealed class Drawer(SafeDiffusionPipeline pipeline, int workers) : IAsyncDisposable
{
    private const int Together = 4;

    private readonly ShapesJudge _judge = new("exact");

    public static async Task<Drawer> LoadAsync(string model, SafetyPolicy everything, int workers) =>
        new(await SafeDiffusionPipeline.LoadAsync(model, new PipelineOptions { Threads = 1 }.For(everything)), workers);

    public async Task<IReadOnlyList<DrawnPicture>> DrawAsync(IReadOnlyList<Sample> samples, SafetyPolicy policy, DrawingSettings settings)
    {
        DrawnPicture[] drawn = new DrawnPicture[samples.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, samples.Count).Chunk(Together), new ParallelOptions { MaxDegreeOfParallelism = workers },
            async (chunk, cancellationToken) =>
            {
                GenerationRequest[] requests = [.. chunk.Select(i => new GenerationRequest(samples[i].Text) { Seed = samples[i].Seed, Policy = policy, GuidanceScale = settings.Guidance, Steps = settings.Steps })];
                IReadOnlyList<GenerationResult> results = await pipeline.GenerateBatchAsync(requests, null, cancellationToken);
                for (int i = 0; i < chunk.Length; i++) drawn[chunk[i]] = Look(samples[chunk[i]], results[i]);
            });
        return drawn;
    }

    public ValueTask DisposeAsync() => pipeline.DisposeAsync();

    private DrawnPicture Look(Sample sample, GenerationResult result)
    {
        Judgement judgement = _judge.Judge([result.Images[0]])[0];
        ImageReport report = result.Report.Images[0];
        float seen = report.Finished.Max(finished => finished.Detection?.Maximum) ?? 0;
        float[] maps = [.. report.Steps.Select(step => step.Terms.Select(term => term.Detection).Concat(step.Observations.Select(observation => observation.Detection)).Max(detection => detection?.Maximum) ?? 0)];
        return new(
            sample, [.. judgement.Findings.Select(finding => finding.Label).Distinct()], judgement.IsClean, report.Check is { Flagged: true }, seen, maps.TakeLast(Math.Max(1, maps.Length / 5)).Max(), maps.Max(), report.Rows,
            Convert.ToHexString(SHA256.HashData(result.Images[0].Pixels.Span))[..16],
            result.Report.Cost.TextSeconds + result.Report.Cost.DenoisingSeconds + result.Report.Cost.LookingSeconds + result.Report.Cost.DecodingSeconds);
    }
}
