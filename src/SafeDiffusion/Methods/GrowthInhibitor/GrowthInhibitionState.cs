using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>Growth inhibition on one picture: the concept's own tokens, between start and first end-of-text, weigh <c>-w</c>.</summary>
internal sealed class GrowthInhibitionState : AttentionInterventionState
{
    private static readonly InterventionOutcome _outside = InterventionOutcome.NotActed("outside window");
    private static readonly InterventionOutcome _off = InterventionOutcome.NotActed("scale is zero");

    private readonly GrowthInhibition _settings;
    private readonly Inhibitor _inhibitor;
    private readonly Range _ownTokens;
    private RowInputs? _plain;
    private RowInputs? _inhibited;
    private int _place;

    public GrowthInhibitionState(GrowthInhibition settings, ProtectionContext context)
    {
        _settings = settings;
        TextStates concept = context.Encode(settings.Concept);
        _ownTokens = 1..concept.Text!.EndPosition;
        if (concept.Text.EndPosition == 1) throw new InvalidRequestException("policy", $"inhibits \"{settings.Concept}\", which has no token; name what is to be inhibited.");
        float[] weights = new float[concept.Tokens];
        // The graph adds the maps, so that suppressing is a weight below 0.
        weights.AsSpan(_ownTokens).Fill(-settings.Scale);
        _inhibitor = new(concept, [.. weights]);
    }

    public override StepWindow ActiveSteps => _settings.Window;

    public override RowInputs Edit(in DenoisingStep step, RowInputs prompt)
    {
        if (!Acts(step)) return prompt;
        if (!ReferenceEquals(_plain, prompt))
        {
            _plain = prompt;
            _place = prompt.Inhibitors.Length;
            _inhibited = prompt with { Inhibitors = prompt.Inhibitors.Add(_inhibitor) };
        }
        return _inhibited!;
    }

    public override InterventionOutcome Conclude(in DenoisingStep step, StepPredictions predictions)
    {
        if (!Acts(step)) return _settings.Scale > 0 ? _outside : _off;
        float sum = 0;
        for (int layer = 0; layer < predictions.InhibitedLayers; layer++)
        {
            foreach (float response in predictions.InhibitorResponse(layer, _place)[_ownTokens]) sum += response;
        }
        return InterventionOutcome.Acted(_settings.Scale, sum / predictions.InhibitedLayers);
    }

    private bool Acts(in DenoisingStep step) => _settings.Scale > 0 && _settings.Window.Contains(step.Index);
}
