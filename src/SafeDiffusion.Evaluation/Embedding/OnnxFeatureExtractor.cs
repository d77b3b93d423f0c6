using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Fingerprints;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Embedding;

/// <summary>Makes a vector of a picture with an ONNX network. Safe for several threads.</summary>
public sealed class OnnxFeatureExtractor : IFeatureExtractor, IDisposable
{
    private readonly ImageNetwork _network;
    private readonly string _output;

    private OnnxFeatureExtractor(ImageNetwork network, FeatureExtractorSettings settings, string model)
    {
        _network = network;
        (_output, int[] shape) = network.Output(settings.Output);
        bool fits = shape.Length >= 2 && shape.Skip(2).All(size => size is 1 or < 0);
        if (!fits) throw new InvalidFileException(network.File, $"{_output} has the shape [{string.Join(", ", shape)}]; [B, D] is needed: name the pooled output.");
        Fingerprint = ModelFingerprint.Compute([settings.ToJson()], model);
    }

    /// <summary>The SHA-256 of settings and network, in hexadecimal.</summary>
    public string Fingerprint { get; }

    /// <summary>What reports call it.</summary>
    public string Name => $"features {Fingerprint[..12]}";

    /// <summary>Makes a vector of each picture.</summary>
    /// <returns>[pictures, D].</returns>
    /// <exception cref="InferenceException">The network failed, or gave something else than [B, D] or [B, D, 1, 1].</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<float[]> Extract(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return [.. _network.Run(images, [_output], cancellationToken).SelectMany(run => Rows(run.Outputs[0], run.Images.Length))];
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => _network.Dispose();

    internal static OnnxFeatureExtractor Load(FeatureExtractorSettings settings, string folder, ExecutionProvider provider, int? threads)
    {
        string model = SettingRules.Locate(folder, settings.Model);
        ImageNetwork network = ImageNetwork.Load("features", model, new ProviderSettings(provider, threads), settings.Input);
        try
        {
            return new OnnxFeatureExtractor(network, settings, model);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private IEnumerable<float[]> Rows(OutputTensor output, int count)
    {
        bool fits = output.Shape.Length >= 2 && output.Shape[0] == count && output.Shape.Skip(2).All(size => size == 1);
        if (!fits) throw _network.Failure($"{_output} has the shape [{string.Join(", ", output.Shape)}], not [{count}, D].");
        return Enumerable.Range(0, count).Select(i => output.Row(i).ToArray());
    }
}
