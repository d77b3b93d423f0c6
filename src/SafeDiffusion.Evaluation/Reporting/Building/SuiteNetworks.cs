using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Embedding;
using SafeDiffusion.Evaluation.Metrics;
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
    public ReportOptions Options => new()
    {
        Features = _features is null ? null : new Features(_features),
        TextScore = _clip is null ? null : new TextScore(_clip),
    };

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

    private sealed class Features(OnnxFeatureExtractor network) : IPictureFeatures
    {
        public string Name => $"features {network.Fingerprint[..12]}";

        public IReadOnlyList<float[]> Extract(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default) =>
            network.Extract(images, cancellationToken);
    }

    private sealed class TextScore(ClipScorer network) : IPictureTextScore
    {
        public string Name => $"CLIP {network.Fingerprint[..12]}";

        public IReadOnlyList<double> Score(IReadOnlyList<RgbImage> images, IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
        {
            double[] scores = new double[images.Count];
            foreach (IGrouping<string, int> text in Enumerable.Range(0, images.Count).GroupBy(index => texts[index]))
            {
                IReadOnlyList<double> scored = network.Score([.. text.Select(index => images[index])], text.Key, cancellationToken);
                foreach ((int place, int index) in text.Index()) scores[index] = scored[place];
            }
            return scores;
        }
    }
}
