using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>What a classifier's numbers are.</summary>
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
public sealed record OnnxClassifierSettings : OnnxJudgeSettings
{
    /// <summary>The output's name, <c>[B, labels]</c>; null where the network has only one.</summary>
    [JsonPropertyOrder(OwnOrder)]
    public string? Output { get; init; }

    /// <summary>What the output's numbers are.</summary>
    [JsonRequired]
    [JsonPropertyOrder(OwnOrder)]
    public ClassifierOutput Kind { get; init; }

    internal override IFindingReader CreateReader(ImageNetwork network, ImmutableArray<string> labels, ImmutableArray<double> thresholds) =>
        new ClassifierReader(network, this, labels, thresholds);
}
