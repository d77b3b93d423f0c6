using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Embedding;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Reporting.Building;

/// <summary>The networks that a suite names for its report: features for distances between sets of pictures, and a CLIP model for scores.</summary>
public sealed class SuiteNetworks : IDisposable
{
    private OnnxFeatureExtractor? _features;
    private ClipScorer? _clip;

    private SuiteNetworks()
    {
    }

    /// <summary>The report's options with these networks.</summary>
    public ReportOptions Options => new() { Features = _features, TextScore = _clip };

    /// <summary>Loads what the suite names; nothing where it names nothing.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="provider">What runs the networks.</param>
    /// <exception cref="InvalidRequestException">A setting is out of its range.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged, or does not fit the settings.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public static SuiteNetworks Load(EvaluationSuite suite, ExecutionProvider provider = ExecutionProvider.Cpu)
    {
        ArgumentNullException.ThrowIfNull(suite);
        SuiteNetworks networks = new();
        try
        {
            networks._features = suite.Features?.Create(suite.Folder, provider);
            networks._clip = suite.Clip?.Create(suite.Folder, provider);
            return networks;
        }
        catch
        {
            networks.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _features?.Dispose();
        _clip?.Dispose();
    }
}
