using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Training.Recording;

/// <summary>
/// Records a generation for learning. A score is linear in its token, so the scores of the unit tokens are the features
/// <c>F [D, H, W]</c> in which every token's score is <c>c · F</c>.
/// </summary>
[ProtectionMethod("feature-recording")]
internal sealed record FeatureRecording : Observer
{
    /// <summary>Takes the features of a step.</summary>
    public delegate void Sink(int step, ReadOnlySpan<float> features);

    // Internal, so that the report's JSON leaves them out.
    internal required float[] Tokens { get; init; }

    internal required LayerSelection Layers { get; init; }

    internal required Sink Record { get; init; }

    public override Requirements Requirements => new() { Features = AttentionFeatures.Detect, DetectionLayers = Layers };

    public override string Describe() => $"features of the {Layers} are recorded";

    public override void Validate(FieldCheck check)
    {
    }

    public override ObserverState Begin(ProtectionContext context) => new State(context.AddGuideline(Tokens), Record);

    private sealed class State(GuidelineTokens tokens, Sink record) : ObserverState
    {
        public override DetectionReading? Observe(in DenoisingStep step, StepPredictions predictions)
        {
            record(step.Index, predictions.DetectionScores(tokens));
            return null;
        }
    }
}
