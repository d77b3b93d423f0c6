using System.Collections.Immutable;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Fingerprints;
using SafeDiffusion.Evaluation.Settings;
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

    internal static OnnxJudge Load(OnnxJudgeSettings settings, string folder, ProviderSettings provider)
    {
        string model = SettingRules.Locate(folder, settings.Model);
        ImmutableArray<string> labels = LabelSettings.Load(settings.Labels, settings.LabelsFile, folder);
        ImmutableArray<double> thresholds = ThresholdSettings.ForLabels(labels, settings.Threshold, settings.Thresholds);
        ImageNetwork network = ImageNetwork.Load(settings.Name, model, provider, settings.Input);
        try
        {
            string fingerprint = ModelFingerprint.Compute([JudgeCatalogue.Default.ToJson(settings with { Name = "judge" }), .. labels], model);
            return new OnnxJudge(settings.Name, fingerprint, labels, network, settings.CreateReader(network, labels, thresholds));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
