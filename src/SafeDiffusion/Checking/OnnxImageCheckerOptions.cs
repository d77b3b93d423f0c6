using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Checking;

/// <summary>How a safety checker's network is read; the defaults are those of Stable Diffusion's own.</summary>
public sealed record OnnxImageCheckerOptions
{
    /// <summary>The checker's name in reports.</summary>
    public string Name { get; init; } = "safety-checker";

    /// <summary>What the network reads; CLIP's pre-processing by default.</summary>
    public ImageInput Input { get; init; } = ImageInput.Clip with { Name = "clip_input" };

    /// <summary>The output that decides: truth values or scores, <c>[B]</c> or <c>[B, labels]</c>.</summary>
    public string Output { get; init; } = "has_nsfw_concepts";

    /// <summary>
    /// The score from which a picture is flagged, where the output holds scores; with several labels the highest counts. Must be null where
    /// it holds truth values.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>The reason that a flagged picture is given.</summary>
    public string Reason { get; init; } = "flagged by the safety checker";

    /// <summary>What runs the network.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Threads of one network call; null leaves it to ONNX Runtime.</summary>
    public int? Threads { get; init; }
}
