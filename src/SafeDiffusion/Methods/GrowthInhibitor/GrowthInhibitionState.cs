using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>
/// Growth inhibition on one picture. Where the adapter or the automatic choice of layers must read responses first, the first step's row holds
/// the concepts at weight 0, which changes nothing; only if something is then to be inhibited in that step, is the row evaluated again.
/// </summary>
internal sealed class GrowthInhibitionState : AttentionInterventionState
{
    /// <summary>A layer responds where an own token draws more than so many times what a token has on average, and what the empty text has in its place.</summary>
    private const float ResponseFactor = 1.5f;

    private readonly GrowthInhibition _settings;
    private readonly ImmutableArray<EncodedConcept> _concepts;
    private readonly IReadOnlyList<ConceptPresence> _gates;
    private readonly ImmutableArray<InhibitedLayer> _layers;
    private readonly TextStates _null;
    private readonly ImmutableArray<Inhibitor> _probes;
    private InhibitionPlan? _plan;
    private RowInputs? _plain;
    private RowInputs? _edited;
    private ImmutableArray<Inhibitor> _added;
    // What the row of this step holds: a gate that opens within the step is for the next.
    private bool _acts;
    private int _place;
    private float[] _firstResponses = [];

    public GrowthInhibitionState(GrowthInhibition settings, ProtectionContext context)
    {
        _settings = settings;
        _layers = context.InhibitedLayers;
        _gates = settings.When == InhibitionTime.Detected ? context.Presences : [];
        if (settings.When == InhibitionTime.Detected && _gates.Count == 0)
        {
            throw new InvalidRequestException("policy", $"lets {settings.Method} wait until a concept is detected, and no protection before it says when. Put detect-and-guide or detection before it.");
        }
        if (settings.Adapter is { } adapter && adapter.Layers != _layers.Length)
        {
            throw new InvalidRequestException("policy", $"has an adapter that reads {adapter.Layers} layers; this model's inhibitors act in {_layers.Length}. Learn it with this model.");
        }
        _concepts = [.. settings.AllConcepts.Select(concept => EncodedConcept.Of(concept.Text, context))];
        _null = context.Encode("");
        ImmutableArray<bool> chosen = settings.ResolvedLayers.Selection is null ? [] : settings.ResolvedLayers.Of(_layers);
        // The empty text comes last, to compare with.
        _probes = [.. _concepts.Select(concept => concept.Inhibitor([], [])), new(_null, [.. new float[_null.Tokens]])];
        float[][] fixedScales = [.. _concepts.Select((concept, i) => Enumerable.Repeat(settings.AllConcepts[i].Scale ?? settings.ResolvedScale, concept.End - 1).ToArray())];
        bool isOff = settings.Adapter is null && fixedScales.All(scales => scales.Max() == 0);
        if (isOff || settings.Adapter is null && !chosen.IsEmpty) _plan = Plan(fixedScales, chosen.IsEmpty ? All : chosen);
    }

    public override StepWindow ActiveSteps => _gates.Count > 0 ? _settings.Window.StartingAt(1) : _settings.Window;

    private ImmutableArray<bool> All => [.. _layers.Select(_ => true)];

    public override RowInputs Edit(in DenoisingStep step, RowInputs prompt)
    {
        _acts = _plan is not null && Acts(step);
        if (_plan is null) return With(prompt, _probes);
        return _acts ? With(prompt, _plan.Inhibitors) : prompt;
    }

    public override bool Reconsider(in DenoisingStep step, StepPredictions predictions)
    {
        if (_plan is not null) return false;
        _firstResponses = [.. _concepts.Select((concept, i) => concept.Response(predictions, _place + i))];
        ImmutableArray<bool> chosen = _settings.ResolvedLayers.Selection is null ? Responding(predictions) : _settings.ResolvedLayers.Of(_layers);
        _plan = Plan([.. _concepts.Select((concept, i) => Scales(predictions, concept, i))], chosen);
        return Acts(step);
    }

    public override InterventionOutcome Conclude(in DenoisingStep step, StepPredictions predictions)
    {
        if (!_acts) return InterventionOutcome.NotActed(Reason(step)) with { Response = step.Index == 0 && _firstResponses.Length > 0 ? _firstResponses.Max() : null };
        InterventionPart[] parts = new InterventionPart[_plan!.Acting.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            (EncodedConcept concept, float scale) = _plan.Acting[i];
            parts[i] = new(concept.Text, scale, concept.Response(predictions, _place + i));
        }
        return InterventionOutcome.Acted(_plan.Scale, parts.Max(part => part.Response)) with
        {
            Parts = _concepts.Length == 1 ? [] : [.. parts, .. _plan.Dropped],
            Layers = _plan.Layers,
        };
    }

    private bool Acts(in DenoisingStep step) => _plan is { Inhibitors.IsEmpty: false } && _settings.Window.Contains(step.Index) && IsOpen;

    private bool IsOpen
    {
        get
        {
            if (_gates.Count == 0) return true;
            for (int i = 0; i < _gates.Count; i++)
            {
                if (_gates[i].HasShown) return true;
            }
            return false;
        }
    }

    private string Reason(in DenoisingStep step)
    {
        if (_plan!.Inhibitors.IsEmpty) return _settings.Adapter is null ? "scale is zero" : "adapter's scale is zero";
        return _settings.Window.Contains(step.Index) ? "nothing detected" : "outside window";
    }

    /// <summary>The row with inhibitors; the same object as long as neither changes.</summary>
    private RowInputs With(RowInputs prompt, ImmutableArray<Inhibitor> inhibitors)
    {
        if (ReferenceEquals(_plain, prompt) && _added == inhibitors) return _edited!;
        (_plain, _added, _place) = (prompt, inhibitors, prompt.Inhibitors.Length);
        return _edited = prompt with { Inhibitors = [.. prompt.Inhibitors, .. inhibitors] };
    }

    private InhibitionPlan Plan(float[][] scales, ImmutableArray<bool> chosen) => InhibitionPlan.Of(_settings, _concepts, scales, _null, chosen, _layers);

    /// <summary>The scale of each own token: the adapter's answer to that token's responses, or the fixed one.</summary>
    private float[] Scales(StepPredictions predictions, EncodedConcept concept, int probe)
    {
        float[] scales = new float[concept.End - 1];
        float[] responses = new float[_layers.Length];
        for (int token = 0; token < scales.Length; token++)
        {
            for (int layer = 0; layer < responses.Length; layer++) responses[layer] = concept.OwnResponses(predictions, layer, _place + probe)[token];
            scales[token] = _settings.Adapter is { } adapter
                ? Math.Clamp(Finite(adapter.Scale(responses)), 0, _settings.ResolvedMaxScale)
                : _settings.AllConcepts[probe].Scale ?? _settings.ResolvedScale;
        }
        return scales;
    }

    /// <summary>The layers that respond to an own token of some concept; all, where that is none.</summary>
    private ImmutableArray<bool> Responding(StepPredictions predictions)
    {
        bool[] responding = new bool[_layers.Length];
        for (int layer = 0; layer < responding.Length; layer++)
        {
            ReadOnlySpan<float> empty = predictions.InhibitorResponse(layer, _place + _concepts.Length)[1..];
            for (int i = 0; i < _concepts.Length; i++)
            {
                ReadOnlySpan<float> own = _concepts[i].OwnResponses(predictions, layer, _place + i);
                for (int token = 0; token < own.Length; token++) responding[layer] |= own[token] > ResponseFactor * Math.Max(empty[token], 1f / _null.Tokens);
            }
        }
        return responding.Contains(true) ? [.. responding] : All;
    }

    /// <summary>A scale that is no number would switch the protection off.</summary>
    private static float Finite(float scale) => float.IsFinite(scale) ? scale : throw new InferenceException("unet", "gave responses for which the adapter has no scale. Is the adapter one for this model?");
}
