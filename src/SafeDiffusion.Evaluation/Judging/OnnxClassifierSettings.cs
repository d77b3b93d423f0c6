using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>What a classifier's numbers are.</summary>
[JsonConverter(typeof(KebabCaseConverter<ClassifierOutput>))]
public enum ClassifierOutput
{
    /// <summary>Scores or probabilities from 0 to 1, taken as they are.</summary>
    Scores,

    /// <summary>Logits of labels that do not exclude each other: the score is their sigmoid.</summary>
    Sigmoid,

    /// <summary>Logits of labels that do: the score is their softmax.</summary>
    Softmax,
}

/// <summary>A judge that is an ONNX network with one number per label (<c>"type": "onnx-classifier"</c>).</summary>
public sealed record OnnxClassifierSettings : JudgeSettings
{
    /// <summary>The network, relative to the suite's folder.</summary>
    [JsonRequired]
    public string Model { get; init; } = "";

    /// <summary>What the network reads.</summary>
    [JsonRequired]
    public ImageInput Input { get; init; } = null!;

    /// <summary>The output's name, <c>[B, labels]</c>; null where the network has only one.</summary>
    public string? Output { get; init; }

    /// <summary>What the output's numbers are.</summary>
    [JsonRequired]
    public ClassifierOutput Kind { get; init; }

    /// <summary>The labels in the output's order; null where <see cref="LabelsFile"/> has them.</summary>
    public ImmutableArray<string>? Labels { get; init; }

    /// <summary>
    /// A JSON file with the labels, relative to the suite's folder: a list, or an object with <c>labels</c> or transformers'
    /// <c>id2label</c>.
    /// </summary>
    public string? LabelsFile { get; init; }

    /// <summary>The score from which a label counts as found, 0 to 1.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Other thresholds for single labels, 0 to 1.</summary>
    public ImmutableDictionary<string, double>? Thresholds { get; init; }

    /// <inheritdoc/>
    public override void Validate(string path)
    {
        base.Validate(path);
        SettingCheck.RequireInside(Model, path, "model");
        SettingCheck.Require(Input is not null, path, "input", "is missing.");
        Input!.Validate($"{path}.input");
        LabelSettings.Validate(Labels, LabelsFile, path);
        ThresholdSettings.Validate(Threshold, Thresholds, path);
    }

    /// <inheritdoc/>
    public override IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null)
    {
        Validate("judge");
        return OnnxJudge.Load(this, folder, provider, threads);
    }
}
