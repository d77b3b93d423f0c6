using SafeDiffusion.Composing.Candidates;
using SafeDiffusion.Composing.Prompts;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Composing;

/// <summary>Begins a picture under each candidate, and one from a picture where the model reads these: what cannot act with this model and these settings is refused before the first step, and is no candidate.</summary>
internal static class Trial
{
    /// <summary>Moves the candidates that cannot act to those that were left out.</summary>
    public static async Task<Composition> RunAsync(string model, ConceptProtectionOptions options, Composition composition, bool fromPictures, CancellationToken cancellationToken)
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
                    GenerationRequest request = new(options.Concept) { Steps = options.Steps, GuidanceScale = options.GuidanceScale, Policy = policy.Policy };
                    string? reason = await RefusalAsync(pipeline, request, cancellationToken).ConfigureAwait(false);
                    if (reason is null && fromPictures) reason = await RefusalAsync(pipeline, Started(request, pipeline), cancellationToken).ConfigureAwait(false);
                    if (reason is not null) refused.Add((candidate, reason));
                }
            }
            catch (Exception error) when (error is GraphNotUnderstoodException or LayerNotFoundException)
            {
                refused.AddRange(group.Select(item => (item.Candidate, error.Message)));
            }
        }
        return new([.. composition.Policies.Where(item => refused.All(other => other.Candidate != item.Candidate))], [.. composition.Left, .. refused]);
    }

    private static GenerationRequest Started(GenerationRequest request, SafeDiffusionPipeline pipeline)
    {
        (int width, int height) = (pipeline.Model.Width, pipeline.Model.Height);
        return request with { InitialImage = new RgbImage(width, height, new byte[3 * width * height]), Strength = PromptGrammar.Strength };
    }

    private static async Task<string?> RefusalAsync(SafeDiffusionPipeline pipeline, GenerationRequest request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource begun = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
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
