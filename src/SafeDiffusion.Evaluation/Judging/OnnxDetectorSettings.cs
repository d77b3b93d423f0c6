using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>A judge that is an ONNX network which finds boxes (<c>"type": "onnx-detector"</c>).</summary>
public sealed record OnnxDetectorSettings : OnnxJudgeSettings
{
    /// <summary>What the network gives.</summary>
    [JsonRequired]
    [JsonPropertyOrder(OwnOrder)]
    public DetectorOutput Output { get; init; } = null!;

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        base.Validate(check);
        check.Require(Output is not null, nameof(Output), "is missing.");
        Output.Validate(check.Below(nameof(Output)));
    }

    internal override IFindingReader CreateReader(ImageNetwork network, ImmutableArray<string> labels, ImmutableArray<double> thresholds) =>
        Output.CreateReader(network, new DetectedLabels(labels, thresholds, Input, Output.Unit));
}
