using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Detection;

/// <summary>Reads a guideline's detection map of one picture, step by step.</summary>
internal sealed class DetectionReader
{
    /// <summary>
    /// In a finished picture this share of what counts as present is enough where the concept was present in some step, since guidance pushes
    /// its map down just below the threshold; and where few steps were taken, which leave pictures half drawn.
    /// </summary>
    private const float RemainingShare = 0.7f;

    private readonly Guideline _guideline;
    private readonly DetectionNormalisation _normalisation;
    private readonly float _threshold;
    private readonly GuidelineTokens _tokens;
    private readonly ConceptPresence _presence;
    private readonly float[] _map;
    private bool _isSuspected;

    /// <param name="guideline">What the concept is detected by.</param>
    /// <param name="normalisation">How scores become a map.</param>
    /// <param name="threshold">At or above it a position shows the concept.</param>
    /// <param name="context">The picture's generation.</param>
    public DetectionReader(Guideline guideline, DetectionNormalisation normalisation, float threshold, ProtectionContext context)
    {
        (_guideline, _normalisation, _threshold) = (guideline, normalisation, threshold);
        _map = new float[context.Shape.Height * context.Shape.Width];
        _tokens = context.AddGuideline(guideline.Values);
        _presence = context.AddPresence(_map, threshold, guideline.Identity.Concept);
        _isSuspected = context.Steps < ProtectionContext.FewSteps;
    }

    /// <summary>The map of the last step that was read, <c>[H, W]</c> from 0 to 1.</summary>
    public float[] Map
    {
        get
        {
            _presence.Refresh?.Invoke();
            return _map;
        }
    }

    /// <summary>Whether the map shows the concept.</summary>
    public bool IsPresent => TensorPrimitives.Max<float>(Map) >= _threshold;

    /// <summary>What the map says.</summary>
    public DetectionReading Reading => ReadingOf(Map, _threshold);

    /// <summary>Lets another fill the map, and only when somebody looks at it.</summary>
    /// <param name="make">Brings it up to date.</param>
    /// <returns>What to fill, <c>[H, W]</c>.</returns>
    public float[] MadeWhenRead(Action make)
    {
        _presence.Refresh = make;
        return _map;
    }

    /// <summary>Reads a step's map.</summary>
    /// <exception cref="InferenceException">A score is not finite.</exception>
    public void Read(in DenoisingStep step, StepPredictions predictions)
    {
        ReadOnlySpan<float> scores = predictions.DetectionScores(_tokens);
        if (_normalisation == DetectionNormalisation.Calibrated)
        {
            DetectionMaps.ReadCalibrated(scores, _guideline, step.Timestep, Map, step.Index);
        }
        else
        {
            DetectionMaps.ReadMean(scores, _guideline, Map, step.Index);
            DetectionMaps.NormalisePerMapInPlace(Map);
        }
        float highest = TensorPrimitives.Max<float>(Map);
        _presence.Tell(highest);
        if (highest >= _threshold) Suspect();
    }

    /// <summary>Takes the concept to have been present, by this reader's map or by another measure.</summary>
    public void Suspect()
    {
        _isSuspected = true;
        _presence.Show();
    }

    /// <summary>Reads a finished picture, by the guideline's calibration in any case: a map that is normalised by itself always shows something.</summary>
    /// <exception cref="InferenceException">A score is not finite.</exception>
    public DetectionReading LookAtFinished(int timestep, StepPredictions predictions)
    {
        ReadOnlySpan<float> scores = predictions.DetectionScores(_tokens);
        float[] map = new float[scores.Length / _tokens.Count];
        DetectionMaps.ReadCalibrated(scores, _guideline, timestep, map);
        return ReadingOf(map, _isSuspected ? RemainingShare * _threshold : _threshold);
    }

    private static DetectionReading ReadingOf(ReadOnlySpan<float> map, float threshold)
    {
        int positions = 0;
        foreach (float value in map) positions += value >= threshold ? 1 : 0;
        return new(TensorPrimitives.Max(map), (float)positions / map.Length);
    }
}
