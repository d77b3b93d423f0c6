using SafeDiffusion.Composing.Candidates;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Composing;

/// <summary>Begins a picture under each candidate: what cannot act with this model and these settings is refused before the first step, and is no candidate.</summary>
internal static class Trial
{
    /// <summary>Moves the candidates that cannot act to those that were left out.</summary>
    public static async Task<Composition> RunAsync(string model, ConceptProtectionOptions options, Composition composition, CancellationToken cancellationToken)
    {
        List<(Candidate Candidate, string Reason)> refused = [];
        foreach (var group in composition.Policies.GroupBy(item => item.Policy.Policy.Requirements.Features))
        {
            PipelineOptions needed = group.Aggregate(options.Pipeline, (pipeline, item) => pipeline.For(item.Policy.Policy));
            try
            {
                await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(model, needed, cancellationToken).ConfigureAwait(false);
                foreach ((Candidate candidate, SuitePolicy policy) in group)
                {
                    if (await RefusalAsync(pipeline, options, policy, cancellationToken).ConfigureAwait(false) is { } reason) refused.Add((candidate, reason));
                }
            }
            catch (Exception error) when (error is GraphNotUnderstoodException or LayerNotFoundException)
            {
                refused.AddRange(group.Select(item => (item.Candidate, error.Message)));
            }
        }
        return new([.. composition.Policies.Where(item => refused.All(other => other.Candidate != item.Candidate))], [.. composition.Left, .. refused]);
    }

    private static async Task<string?> RefusalAsync(SafeDiffusionPipeline pipeline, ConceptProtectionOptions options, SuitePolicy policy, CancellationToken cancellationToken)
    {
        using CancellationTokenSource begun = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        GenerationRequest request = new(options.Concept) { Steps = options.Steps, GuidanceScale = options.GuidanceScale, Policy = policy.Policy };
        try
        {
            await pipeline.GenerateAsync(request, new FirstStep(begun), begun.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error) when (error is InvalidRequestException or InvalidPolicyException)
        {
            return error.Message;
        }
    }

    private sealed class FirstStep(CancellationTokenSource begun) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => begun.Cancel();
    }
}
