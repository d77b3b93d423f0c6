using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Training.Scales.Drawing;

/// <summary>Records what the first step responds to a concept's own tokens at weight 0, which changes nothing: what an adapter reads.</summary>
[ProtectionMethod("response-recording")]
internal sealed record ResponseRecording : AttentionIntervention
{
    // Internal, so that the report's JSON leaves them out.
    internal required string Concept { get; init; }

    /// <summary>Takes the responses, <c>[own tokens][L]</c>.</summary>
    internal required Action<float[][]> Record { get; init; }

    public override Requirements Requirements => new() { Features = AttentionFeatures.Inhibit };

    public override string Describe() => "responses to a concept are recorded";

    public override void Validate(FieldCheck check)
    {
    }

    public override AttentionInterventionState Begin(ProtectionContext context) => new State(context.Encode(Concept), Record);

    private sealed class State(TextStates concept, Action<float[][]> record) : AttentionInterventionState
    {
        private readonly Inhibitor _probe = new(concept, [.. new float[concept.Tokens]]);
        private int _place;

        public override RowInputs Edit(in DenoisingStep step, RowInputs prompt)
        {
            if (step.Index > 0) return prompt;
            _place = prompt.Inhibitors.Length;
            return prompt with { Inhibitors = prompt.Inhibitors.Add(_probe) };
        }

        public override InterventionOutcome Conclude(in DenoisingStep step, StepPredictions predictions)
        {
            if (step.Index == 0) record(Responses(predictions));
            return InterventionOutcome.NotActed("only records");
        }

        private float[][] Responses(StepPredictions predictions)
        {
            float[][] tokens = [.. Enumerable.Range(1, concept.Text!.EndPosition - 1).Select(_ => new float[predictions.InhibitedLayers])];
            for (int layer = 0; layer < predictions.InhibitedLayers; layer++)
            {
                ReadOnlySpan<float> responses = predictions.InhibitorResponse(layer, _place);
                for (int i = 0; i < tokens.Length; i++) tokens[i][layer] = responses[i + 1];
            }
            return tokens;
        }
    }
}
