using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>A judge that is an ONNX network: what classifiers and detectors have in common.</summary>
/// <remarks>Fingerprints rest on the order of the settings as JSON, which <see cref="JsonPropertyOrderAttribute"/> keeps.</remarks>
public abstract record OnnxJudgeSettings : JudgeSettings
{
    /// <summary>Where a derived record's own settings come: after the network's input.</summary>
    private protected const int OwnOrder = -1;

    /// <summary>The network, relative to the suite's folder.</summary>
    [JsonRequired]
    [JsonPropertyOrder(-3)]
    public string Model { get; init; } = "";

    /// <summary>What the network reads.</summary>
    [JsonRequired]
    [JsonPropertyOrder(-2)]
    public ImageInput Input { get; init; } = null!;

    /// <summary>The labels in the network's order; null where <see cref="LabelsFile"/> has them.</summary>
    public ImmutableArray<string>? Labels { get; init; }

    /// <summary>
    /// A JSON file with the labels, relative to the suite's folder: a list, or an object with <c>labels</c> or transformers'
    /// <c>id2label</c>.
    /// </summary>
    public string? LabelsFile { get; init; }

    /// <summary>The score from which something counts as found, 0 to 1.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Other thresholds for single labels, 0 to 1.</summary>
    public ImmutableDictionary<string, double>? Thresholds { get; init; }

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        base.Validate(check);
        check.RequireInside(Model, nameof(Model));
        check.RequireInput(Input, nameof(Input));
        LabelSettings.Validate(Labels, LabelsFile, check);
        ThresholdSettings.Validate(Threshold, Thresholds, check);
    }

    /// <inheritdoc/>
    public sealed override IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null)
    {
        Validate(FieldCheck.OfRequest("judge"));
        return OnnxJudge.Load(this, folder, new ProviderSettings(provider, threads));
    }

    /// <summary>What makes findings of the network's outputs.</summary>
    /// <exception cref="InvalidFileException">An output is missing, or of another form than the settings say.</exception>
    internal abstract IFindingReader CreateReader(ImageNetwork network, ImmutableArray<string> labels, ImmutableArray<double> thresholds);
}
