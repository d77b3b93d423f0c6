using System.Numerics.Tensors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.Semantic;

/// <summary>
/// SEGA on one picture (Brack et al. 2023, equations 4 to 9). While some concepts are still warming up the term is the warm ones' edits
/// with normalised weights; once all are warm it is all edits with their raw weights, and the momentum ν. Float32 throughout, in the
/// reference's order. Where no warm concept is left the reference divides 0 by 0; the term is 0 there.
/// </summary>
internal sealed class SemanticState : NoiseGuidanceState
{
    private static readonly GuidanceOutcome _warmup = GuidanceOutcome.NotGuided("warm-up");
    private static readonly GuidanceOutcome _cooledDown = GuidanceOutcome.NotGuided("cooled down");

    private readonly SemanticConcept[] _concepts;
    private readonly Row _null;
    private readonly Row[] _rows;
    private readonly float _momentumScale;
    private readonly float _momentumDecay;
    private readonly ChannelQuantileMask _mask;
    private readonly float[] _edit;
    private readonly float[] _sum;
    private readonly float[] _momentum;

    /// <summary>Whether what concepts give during their warm-up is used later, through the momentum.</summary>
    private readonly bool _warmupMatters;

    private readonly int _allWarmFrom;
    private bool _hasMomentum;

    public SemanticState(SemanticGuidance guidance, Row[] rows, ProtectionContext context)
    {
        _concepts = [.. guidance.Concepts];
        _null = context.Null;
        _rows = rows;
        (_momentumScale, _momentumDecay) = (guidance.MomentumScale, guidance.MomentumDecay);
        _mask = new ChannelQuantileMask(context.Shape);
        _edit = new float[context.Shape.Length];
        _sum = new float[context.Shape.Length];
        _momentum = new float[context.Shape.Length];
        _allWarmFrom = _concepts.Max(concept => concept.WarmupSteps);
        _warmupMatters = _momentumScale > 0 && _allWarmFrom < context.Steps;
    }

    public override StepWindow ActiveSteps => _concepts.Select(concept => concept.Window).MaxBy(window => window.Start);

    public override RowSet SurelyNeeds(in DenoisingStep step)
    {
        RowSet needed = RowSet.None;
        for (int i = 0; i < _concepts.Length; i++)
        {
            if (IsNeeded(_concepts[i], step.Index)) needed |= (RowSet)_null | _rows[i];
        }
        return needed;
    }

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        bool areAllWarm = step.Index >= _allWarmFrom;
        float warmWeight = WarmWeight(step.Index);
        term.Clear();
        _sum.AsSpan().Clear();
        bool isEdited = false;
        for (int i = 0; i < _concepts.Length; i++)
        {
            SemanticConcept concept = _concepts[i];
            if (!IsNeeded(concept, step.Index)) continue;
            ComputeEdit(concept, predictions[_null], predictions[_rows[i]]);
            TensorPrimitives.MultiplyAdd(_edit, concept.Weight, _sum, _sum);
            isEdited = true;
            if (!areAllWarm && step.Index >= concept.WarmupSteps) TensorPrimitives.MultiplyAdd(_edit, concept.Weight / warmWeight, term, term);
        }
        AddMomentum(isEdited);
        if (!areAllWarm) return warmWeight > 0 ? GuidanceOutcome.Guided : IsAnyWarm(step.Index) ? _cooledDown : _warmup;
        _sum.CopyTo(term);
        return isEdited || _hasMomentum ? GuidanceOutcome.Guided : _cooledDown;
    }

    /// <summary>A concept that has cooled down gives nothing more; one that warms up gives to the momentum alone; a negative weight counts as 0.</summary>
    private bool IsNeeded(SemanticConcept concept, int step) =>
        concept.Weight > 0 && step < concept.Window.End && (step >= concept.WarmupSteps || _warmupMatters);

    private float WarmWeight(int step)
    {
        float sum = 0;
        foreach (SemanticConcept concept in _concepts)
        {
            if (concept.Window.Contains(step)) sum += MathF.Max(concept.Weight, 0);
        }
        return sum;
    }

    private bool IsAnyWarm(int step)
    {
        foreach (SemanticConcept concept in _concepts)
        {
            if (step >= concept.WarmupSteps) return true;
        }
        return false;
    }

    /// <summary>± a (s - u) where its magnitude is at or above the channel's quantile, else 0.</summary>
    private void ComputeEdit(SemanticConcept concept, ReadOnlySpan<float> u, ReadOnlySpan<float> s)
    {
        TensorPrimitives.Subtract(s, u, _edit);
        TensorPrimitives.Multiply(_edit, concept.Direction == SemanticDirection.Away ? -concept.Scale : concept.Scale, _edit);
        _mask.KeepLargestInPlace(_edit, concept.Threshold);
    }

    /// <summary>G = Σ W G + m ν, then ν = b ν + (1 - b) G. Without a momentum scale ν is never used.</summary>
    private void AddMomentum(bool isEdited)
    {
        if (_momentumScale == 0) return;
        _hasMomentum |= isEdited;
        if (!_hasMomentum) return;
        TensorPrimitives.MultiplyAdd(_momentum, _momentumScale, _sum, _sum);
        TensorPrimitives.Multiply(_momentum, _momentumDecay, _momentum);
        TensorPrimitives.MultiplyAdd(_sum, 1 - _momentumDecay, _momentum, _momentum);
    }
}
