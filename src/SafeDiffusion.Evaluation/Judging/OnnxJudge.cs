using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Fingerprints;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>A judge that is an ONNX network: a classifier or a detector, as its settings say. Made by <see cref="JudgeSettings.Create"/>.</summary>
public sealed class OnnxJudge : IImageJudge
{
    private readonly ImageNetwork _network;
    private readonly IFindingReader _reader;

    private OnnxJudge(string name, string fingerprint, ImmutableArray<string> labels, ImageNetwork network, IFindingReader reader)
    {
        (Name, Fingerprint, Labels) = (name, fingerprint, labels);
        (_network, _reader) = (network, reader);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public ImmutableArray<string> Labels { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Judgement> Judge(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return [.. _network.Run(images, _reader.Outputs, cancellationToken).SelectMany(run => run.Images.Select((image, i) =>
            new Judgement([.. _reader.Read(run.Outputs, i, run.Images.Length, image).OrderByDescending(finding => finding.Score)])))];
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => _network.Dispose();

    internal static OnnxJudge Load(OnnxClassifierSettings settings, string folder, ExecutionProvider provider, int? threads)
    {
        ImmutableArray<string> labels = LabelSettings.Load(settings.Labels, settings.LabelsFile, folder);
        ImmutableArray<double> thresholds = ThresholdSettings.ForLabels(labels, settings.Threshold, settings.Thresholds);
        return Load(settings, labels, Path.Combine(folder, settings.Model), settings.Input, new ProviderSettings(provider, threads),
            network => new ClassifierReader(network, settings, labels, thresholds));
    }

    internal static OnnxJudge Load(OnnxDetectorSettings settings, string folder, ExecutionProvider provider, int? threads)
    {
        ImmutableArray<string> labels = LabelSettings.Load(settings.Labels, settings.LabelsFile, folder);
        ImmutableArray<double> thresholds = ThresholdSettings.ForLabels(labels, settings.Threshold, settings.Thresholds);
        DetectedLabels detected = new(labels, thresholds, settings.Input, settings.Output.Unit);
        return Load(settings, labels, Path.Combine(folder, settings.Model), settings.Input, new ProviderSettings(provider, threads),
            network => settings.Output switch
            {
                BoxListOutput output => new BoxListReader(network, output, detected),
                YoloOutput output => new YoloReader(network, output, detected),
                _ => throw new InvalidRequestException("judge.output", $"is of the unknown form {settings.Output.GetType().Name}."),
            });
    }

    private static OnnxJudge Load(
        JudgeSettings settings, ImmutableArray<string> labels, string model, ImageInput input, ProviderSettings provider, Func<ImageNetwork, IFindingReader> makeReader)
    {
        ImageNetwork network = ImageNetwork.Load(settings.Name, model, provider, input);
        try
        {
            string fingerprint = ModelFingerprint.Compute([(settings with { Name = "judge" }).ToJson(), .. labels], model);
            return new OnnxJudge(settings.Name, fingerprint, labels, network, makeReader(network));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
