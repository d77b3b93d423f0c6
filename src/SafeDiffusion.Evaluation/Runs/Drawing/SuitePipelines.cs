using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Methods.FineTuned;

namespace SafeDiffusion.Evaluation.Runs.Drawing;

/// <summary>The pipelines that a suite's policies draw with: one for all, and one more for every weight delta that they name.</summary>
internal sealed class SuitePipelines : IAsyncDisposable
{
    private readonly Dictionary<string, SafeDiffusionPipeline> _byDelta = [];

    /// <summary>Loads those that are drawn with.</summary>
    /// <param name="model">The model folder.</param>
    /// <param name="plain">The options without any policy.</param>
    /// <param name="all">The suite's policies; what a pipeline is loaded with does not depend on which of them are drawn now.</param>
    /// <param name="drawn">The policies that are drawn.</param>
    /// <param name="weightsHash">The model's weights as the run's folder describes them.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <exception cref="InvalidFileException">The model is damaged, or was changed meanwhile; or a delta is another model's.</exception>
    public static async Task<SuitePipelines> LoadAsync(
        string model, PipelineOptions plain, IReadOnlyList<SuitePolicy> all, IEnumerable<SuitePolicy> drawn, string weightsHash, CancellationToken cancellationToken)
    {
        SuitePipelines pipelines = new();
        try
        {
            foreach (string delta in drawn.Select(Delta).Distinct())
            {
                PipelineOptions options = all.Where(policy => Delta(policy) == delta).Aggregate(plain, (options, policy) => options.For(policy.Policy));
                SafeDiffusionPipeline pipeline = pipelines._byDelta[delta] = await SafeDiffusionPipeline.LoadAsync(model, options, cancellationToken).ConfigureAwait(false);
                if ((pipeline.BaseWeightsHash ?? await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false)) != weightsHash)
                    throw new InvalidFileException(model, "was changed while the run began. Run it again.");
            }
            return pipelines;
        }
        catch
        {
            await pipelines.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The pipeline that a policy draws with.</summary>
    public SafeDiffusionPipeline Of(SuitePolicy policy) => _byDelta[Delta(policy)];

    /// <summary>The pipeline of the model as it is.</summary>
    public SafeDiffusionPipeline Undefended => _byDelta[""];

    public async ValueTask DisposeAsync()
    {
        foreach (SafeDiffusionPipeline pipeline in _byDelta.Values) await pipeline.DisposeAsync().ConfigureAwait(false);
    }

    private static string Delta(SuitePolicy policy) => policy.Policy.Protections.OfType<FineTunedWeights>().SingleOrDefault()?.Delta.Hash ?? "";
}
