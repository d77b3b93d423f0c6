using System.Numerics.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndGuide;

/// <summary>
/// DAG on one picture: reads the map in every step, and where its gate is open adds <c>-g S ⊙ M ⊙ M_base ⊙ (s - u)</c> (Li et al., CVPR
/// 2025, equations 6 to 9), with g at most the guidance that the settings allow where values change; with a text t to draw instead also <c>+g S ⊙ M ⊙ M_base ⊙ (t - u)</c>, our own, SEGA's two directions with equal weights.
/// </summary>
internal sealed class DetectionGuidanceState : NoiseGuidanceState
{
    private const string Outside = "outside window";
    private const string NothingDetected = "nothing detected";
    private const string Undefined = "mode undefined";

    private readonly DetectionGuidance _settings;
    private readonly DetectionScaleSettings _scaleSettings;
    private readonly StepWindow _window;
    private readonly Row _null;
    private readonly Row _concept;
    private readonly Row? _instead;

    private readonly float[] _nowhere;

    /// <summary>The change towards what is drawn instead; empty where nothing is.</summary>
    private readonly float[] _towards;

    private readonly DetectionReader _reader;
    private readonly DetectionScale _scale;
    private readonly ChannelQuantileMask _largest;
    private readonly float _guidanceScale;

    /// <summary>How much the request's guidance scale is above the one where values may change; 0 where it is not.</summary>
    private readonly float _excess;

    private readonly GuidanceLimit? _limit;
    private bool _isHeld;
    private bool _hasGuidance;
    private bool _wasNeeded;

    public DetectionGuidanceState(DetectionGuidance settings, ProtectionContext context)
    {
        _settings = settings;
        _scaleSettings = settings.ScaleSettings;
        _window = settings.Window;
        _null = context.Null;
        _guidanceScale = Math.Min(context.GuidanceScale, settings.ResolvedMaxGuidance);
        _excess = context.GuidanceScale - _guidanceScale;
        _limit = _excess > 0 ? context.GuidanceLimit : null;
        _concept = context.AddRow(settings.ConceptText);
        _instead = settings.Instead is { } instead ? context.AddRow(instead) : null;
        _towards = _instead is null ? [] : new float[context.Shape.Length];
        _reader = new DetectionReader(settings.Guideline, settings.Normalisation, settings.PresenceThreshold, context);
        _nowhere = new float[context.Shape.Height * context.Shape.Width];
        _scale = new DetectionScale(context.Shape.Height, context.Shape.Width);
        _largest = new ChannelQuantileMask(context.Shape);
    }

    public override ReadOnlySpan<float> DetectionMap => _reader.Map;

    /// <summary>What the guidance needs besides <c>p</c>, in whose row the map is read.</summary>
    private RowSet Guided => (RowSet)_null | _concept | (_instead ?? _concept);

    public override StepWindow ActiveSteps => _window;

    public override bool GrowsWithGuidance => true;

    public override RowSet SurelyNeeds(in DenoisingStep step)
    {
        bool together = _settings.Rows switch
        {
            RowEvaluation.Eager => true,
            RowEvaluation.Betting => _wasNeeded,
            _ => false,
        };
        return together && _window.Contains(step.Index) ? Guided | Row.Prompt : Row.Prompt;
    }

    public override RowSet AlsoNeeds(in DenoisingStep step, StepPredictions predictions)
    {
        ReadMap(step, predictions);
        _wasNeeded = _hasGuidance && _window.Contains(step.Index);
        return _wasNeeded ? Guided : RowSet.None;
    }

    public override GuidanceOutcome ComputeTerm(in DenoisingStep step, StepPredictions predictions, Span<float> term)
    {
        GuidanceOutcome outcome = _wasNeeded ? GuidanceOutcome.Guided : GuidanceOutcome.NotGuided(Reason(step));
        if (_wasNeeded) ComputeTerm(predictions, term);
        _limit?.ApplyInPlace(step.Index, predictions, _guidanceScale + _excess, _excess, _wasNeeded ? _scale.Values : _nowhere, term);
        return outcome with { Detection = _reader.Reading };
    }

    public override DetectionReading? LookAtFinished(int timestep, StepPredictions predictions) => _reader.LookAtFinished(timestep, predictions);

    private string Reason(in DenoisingStep step)
    {
        if (_scale.Components == 0) return NothingDetected;
        return _hasGuidance || !_window.Contains(step.Index) ? Outside : Undefined;
    }

    private void ReadMap(in DenoisingStep step, StepPredictions predictions)
    {
        _reader.Read(step, predictions);
        _hasGuidance = _scale.Compute(_reader.Map, _isHeld ? _scaleSettings with { Presence = _settings.ResolvedHoldThreshold } : _scaleSettings);
        _isHeld |= _reader.IsPresent;
    }

    private void ComputeTerm(StepPredictions predictions, Span<float> term)
    {
        ReadOnlySpan<float> u = predictions[_null], s = predictions[_concept];
        TensorPrimitives.Subtract(s, u, term);
        if (_settings.Base == DetectAndGuideBase.Semantic) _largest.KeepLargestInPlace(term, _settings.ResolvedQuantile);
        else ClearWherePromptIsFarInPlace(term, predictions[Row.Prompt], s);
        if (_instead is { } instead) SubtractLargest(predictions[instead], u, term);
        for (int start = 0; start < term.Length; start += _reader.Map.Length)
        {
            Span<float> channel = term.Slice(start, _reader.Map.Length);
            TensorPrimitives.Multiply(channel, _scale.Values, channel);
        }
        TensorPrimitives.Multiply(term, -_guidanceScale, term);
    }

    /// <summary>Takes off the largest values of <c>t - u</c>, chosen as those of <c>s - u</c> are: the whole term is turned round afterwards.</summary>
    private void SubtractLargest(ReadOnlySpan<float> t, ReadOnlySpan<float> u, Span<float> term)
    {
        TensorPrimitives.Subtract(t, u, _towards);
        _largest.KeepLargestInPlace(_towards, _settings.ResolvedQuantile);
        TensorPrimitives.Subtract(term, _towards, term);
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
