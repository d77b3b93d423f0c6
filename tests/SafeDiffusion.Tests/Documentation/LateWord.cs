using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

// Outside the library's namespace, as a user's code is.
namespace Documentation;

// snippet: late-word
[ProtectionMethod("late-word")]
public sealed record LateWord : AttentionIntervention
{
    public string Word { get; init; } = "";

    /// <summary>The step from which on the word is looked at, at least 1; 5 by default.</summary>
    public int From { get; init; } = 5;

    [JsonIgnore]
    public override Requirements Requirements => new() { Features = AttentionFeatures.Reweight };

    public override string Describe() => $"\"{Word}\" is looked at from step {From} on";

    public override void Validate(FieldCheck check)
    {
        check.RequireText(Word, nameof(Word));
        check.RequireRange(From, 1, int.MaxValue, nameof(From));
    }

    public override AttentionInterventionState Begin(ProtectionContext context) =>
        new LateWordState(From, context.Prompt.Text.Text?.FindSpans(Word) ?? []);
}

internal sealed class LateWordState(int from, IReadOnlyList<TokenSpan> places) : AttentionInterventionState
{
    private RowInputs? _before, _edited;

    public override StepWindow ActiveSteps => new(0, from);

    public override RowInputs Edit(in DenoisingStep step, RowInputs prompt)
    {
        if (places.Count == 0 || step.Index >= from) return prompt;
        if (!ReferenceEquals(_before, prompt)) (_before, _edited) = (prompt, prompt with { TokenScales = Without(prompt) });
        return _edited!;
    }

    public override InterventionOutcome Conclude(in DenoisingStep step, StepPredictions predictions) =>
        places.Count == 0 ? InterventionOutcome.NotActed("word does not occur")
        : step.Index >= from ? InterventionOutcome.NotActed("outside window")
        : InterventionOutcome.Acted(scale: 0);

    private ImmutableArray<float> Without(RowInputs prompt)
    {
        float[] scales = [.. prompt.TokenScales.IsEmpty ? Enumerable.Repeat(1f, prompt.Text.Tokens) : prompt.TokenScales];
        foreach (TokenSpan place in places) scales.AsSpan(place.Start, place.Length).Clear();
        return [.. scales];
    }
}
// end
