using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndGuide;

/// <summary>
/// DAG on one picture: reads the map in every step, and where its gate is open adds <c>-g S ⊙ M ⊙ M_base ⊙ (s - u)</c> (Li et al., CVPR
/// 2025, equations 6 to 9).
/// </summary>
internal sealed class DetectAndGuideState : NoiseGuidanceState
{
    private const string Outside = "outside window";
    private const string NothingDetected = "nothing detected";
    private const string Undefined = "mode undefined";

    private readonly DetectAndGuideGuidance _settings;
    private readonly DetectionScaleSettings _scaleSettings;
    private readonly StepWindow _window;
    private readonly Condition _concept;
    private readonly GuidelineTokens _tokens;
    private readonly DetectionScale _scale;
    private readonly ChannelQuantileMask _largest;
    private readonly float[] _map;
    private bool _isHeld;
    private bool _hasGuidance;
    private bool _wasNeeded;

    public DetectAndGuideState(DetectAndGuideGuidance settings, GuidanceContext context)
    {
        _settings = settings;
        _scaleSettings = settings.ScaleSettings;
        _window = new StepWindow(settings.FirstStep, settings.EndStep ?? int.MaxValue);
        _concept = context.AddCondition(settings.ConceptText);
        _tokens = context.AddGuideline(settings.Guideline.Values);
        _scale = new DetectionScale(context.Shape.Height, context.Shape.Width);
        _largest = new ChannelQuantileMask(context.Shape);
        _map = new float[context.Shape.Height * context.Shape.Width];
    }

    public override ReadOnlySpan<float> DetectionMap => _map;

    /// <summary>What the guidance needs besides <c>p</c>, in whose row the map is read.</summary>
    private ConditionSet Guided => (ConditionSet)Condition.Unconditional | _concept;

    public override ConditionSet SurelyNeeds(in DenoisingStep step)
    {
        bool together = _settings.Rows switch
        {
            RowEvaluation.Eager => true,
            RowEvaluation.Betting => _wasNeeded,
            _ => false,
        };
        return together && _window.Contains(step.Index) ? Guided | Condition.Prompt : Condition.Prompt;
    }

    public override ConditionSet AlsoNeeds(in DenoisingStep step, StepPredictions predictions)
    {
        ReadMap(step, predictions);
        _wasNeeded = _hasGuidance && _window.Contains(step.Index);
        return _wasNeeded ? Guided : ConditionSet.None;
    }

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        GuidanceOutcome outcome = _wasNeeded ? GuidanceOutcome.Guided : GuidanceOutcome.NotGuided(Reason(step));
        if (_wasNeeded) ComputeTerm(predictions, step.GuidanceScale, term);
        return outcome with { Detection = new(TensorPrimitives.Max<float>(_map), Area()) };
    }

    /// <summary>The share of the map that shows the concept, whether or not the gate is held open.</summary>
    private float Area()
    {
        int positions = 0;
        foreach (float value in _map) positions += value >= _scaleSettings.Presence ? 1 : 0;
        return (float)positions / _map.Length;
    }

    private string Reason(in DenoisingStep step)
    {
        if (_scale.Components == 0) return NothingDetected;
        return _hasGuidance || !_window.Contains(step.Index) ? Outside : Undefined;
    }

    private void ReadMap(in DenoisingStep step, StepPredictions predictions)
    {
        Guideline guideline = _settings.Guideline;
        DetectionMaps.Mean(predictions.DetectionScores(_tokens), guideline.HasBackground, _map);
        // A number that is none would count as nothing detected.
        if (!float.IsFinite(TensorPrimitives.MaxMagnitude<float>(_map)))
        {
            throw new InferenceException("unet", "gave a detection score that is not a finite number. Is the guideline one for this model?", step.Index);
        }
        if (_settings.Normalisation == DetectionNormalisation.PerMap) DetectionMaps.NormalisePerMapInPlace(_map);
        else DetectionMaps.CalibrateInPlace(_map, guideline.BandAt(step.Timestep));
        bool isPresent = TensorPrimitives.Max<float>(_map) >= _scaleSettings.Presence;
        _hasGuidance = _scale.Compute(_map, _isHeld ? _scaleSettings with { Presence = _settings.ResolvedHoldThreshold } : _scaleSettings);
        _isHeld |= isPresent;
    }

    private void ComputeTerm(StepPredictions predictions, float guidanceScale, Span<float> term)
    {
        ReadOnlySpan<float> u = predictions[Condition.Unconditional], s = predictions[_concept];
        TensorPrimitives.Subtract(s, u, term);
        if (_settings.Base == DetectAndGuideBase.Semantic) _largest.KeepLargestInPlace(term, _settings.ResolvedQuantile);
        else ClearWherePromptIsFarInPlace(term, predictions[Condition.Prompt], s);
        for (int start = 0; start < term.Length; start += _map.Length)
        {
            Span<float> channel = term.Slice(start, _map.Length);
            TensorPrimitives.Multiply(channel, _scale.Values, channel);
        }
        TensorPrimitives.Multiply(term, -guidanceScale, term);
    }

    /// <summary>Keeps the values where <c>p - s</c> is below the threshold: SLD's choice.</summary>
    private void ClearWherePromptIsFarInPlace(Span<float> term, ReadOnlySpan<float> p, ReadOnlySpan<float> s)
    {
        for (int i = 0; i < term.Length; i++)
        {
            if (!(p[i] - s[i] < _settings.Threshold)) term[i] = 0;
        }
    }
}
