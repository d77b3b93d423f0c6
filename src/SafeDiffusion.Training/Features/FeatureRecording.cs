using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Training.Features;

/// <summary>
/// Watches a generation and changes nothing. A score is linear in its token, so the scores of the unit tokens are the features
/// <c>F [D, H, W]</c> in which every token's score is <c>c · F</c>.
/// </summary>
internal sealed record FeatureRecording : NoiseGuidance
{
    /// <summary>Takes the features of a step.</summary>
    public delegate void Sink(int step, ReadOnlySpan<float> features);

    // Internal, so that the report's JSON leaves them out.
    internal required float[] Tokens { get; init; }

    internal required LayerSelection Layers { get; init; }

    internal required Sink Record { get; init; }

    public override string Method => "feature-recording";

    public override AttentionFeatures RequiredFeatures => AttentionFeatures.Detect;

    public override LayerSelection? DetectionLayers => Layers;

    public override string Describe() => $"features of the {Layers} are recorded";

    public override void Validate(SettingsCheck check)
    {
    }

    public override NoiseGuidanceState Begin(GuidanceContext context) => new State(context.AddGuideline(Tokens), Record);

    private sealed class State(GuidelineTokens tokens, Sink record) : NoiseGuidanceState
    {
        private static readonly GuidanceOutcome _recording = GuidanceOutcome.NotGuided("recording");

        public override ConditionSet SurelyNeeds(in DenoisingStep step) => Condition.Prompt;

        public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
        {
            record(step.Index, predictions.DetectionScores(tokens));
            return _recording;
        }
    }
}
