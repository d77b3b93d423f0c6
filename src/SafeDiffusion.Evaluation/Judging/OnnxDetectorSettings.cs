using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>A judge that is an ONNX network which finds boxes (<c>"type": "onnx-detector"</c>).</summary>
public sealed record OnnxDetectorSettings : JudgeSettings
{
    /// <summary>The network, relative to the suite's folder.</summary>
    [JsonRequired]
    public string Model { get; init; } = "";

    /// <summary>What the network reads.</summary>
    [JsonRequired]
    public ImageInput Input { get; init; } = null!;

    /// <summary>What the network gives.</summary>
    [JsonRequired]
    public DetectorOutput Output { get; init; } = null!;

    /// <summary>The labels in the network's order; null where <see cref="LabelsFile"/> has them.</summary>
    public ImmutableArray<string>? Labels { get; init; }

    /// <inheritdoc cref="OnnxClassifierSettings.LabelsFile"/>
    public string? LabelsFile { get; init; }

    /// <summary>The score from which a box counts, 0 to 1.</summary>
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
        SettingCheck.Require(Output is not null, path, "output", "is missing.");
        Output!.Validate($"{path}.output");
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
