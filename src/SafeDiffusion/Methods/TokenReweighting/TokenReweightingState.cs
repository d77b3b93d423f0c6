using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.TokenReweighting;

/// <summary>Token re-weighting on one picture: the prompt is known before the first step, and so are the places of its words.</summary>
internal sealed class TokenReweightingState : AttentionInterventionState
{
    private static readonly InterventionOutcome _outside = InterventionOutcome.NotActed("outside window");
    private static readonly InterventionOutcome _off = InterventionOutcome.NotActed("factor is one");
    private static readonly InterventionOutcome _noWord = InterventionOutcome.NotActed(PromptWords.DoNotOccur);

    private readonly StepWindow _window;
    private readonly (IReadOnlyList<TokenSpan> Spans, float Factor)[] _found;
    private readonly InterventionOutcome _outcome;
    private RowInputs? _plain;
    private RowInputs? _reweighted;

    public TokenReweightingState(TokenReweighting settings, ProtectionContext context)
    {
        _window = settings.Window;
        var words = settings.Words.Select(word => (word.Text, Spans: PromptWords.Find(context.Prompt, word.Text), word.Factor)).ToArray();
        _found = [.. words.Where(word => word.Spans.Count > 0 && word.Factor != 1).Select(word => (word.Spans, word.Factor))];
        if (_found.Length == 0)
        {
            _outcome = words.Any(word => word.Spans.Count > 0) ? _off : _noWord;
            return;
        }
        string[] missing = [.. words.Where(word => word.Spans.Count == 0).Select(word => $"\"{word.Text}\"")];
        _outcome = InterventionOutcome.Acted(_found.Min(word => word.Factor)) with { Reason = missing.Length == 0 ? null : $"{PromptWords.DoNotOccur}: {string.Join(", ", missing)}" };
    }

    public override StepWindow ActiveSteps => _window;

    public override RowInputs Edit(in DenoisingStep step, RowInputs prompt)
    {
        if (!_outcome.HasActed || !_window.Contains(step.Index)) return prompt;
        if (ReferenceEquals(_plain, prompt)) return _reweighted!;
        _plain = prompt;
        return _reweighted = prompt with { TokenScales = PromptWords.Scaled(prompt, _found) };
    }

    public override InterventionOutcome Conclude(in DenoisingStep step, StepPredictions predictions) =>
        !_outcome.HasActed || _window.Contains(step.Index) ? _outcome : _outside;
}
