using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Detection;

/// <summary>Reads a guideline's detection map of one picture, step by step.</summary>
/// <param name="guideline">What the concept is detected by.</param>
/// <param name="normalisation">How scores become a map.</param>
/// <param name="presence">At or above it a position shows the concept.</param>
/// <param name="context">The picture's generation.</param>
internal sealed class DetectionReader(Guideline guideline, DetectionNormalisation normalisation, float presence, ProtectionContext context)
{
    private readonly GuidelineTokens _tokens = context.AddGuideline(guideline.Values);

    /// <summary>The map of the last step that was read, <c>[H, W]</c> from 0 to 1.</summary>
    public float[] Map { get; } = new float[context.Shape.Height * context.Shape.Width];

    /// <summary>Whether the map shows the concept.</summary>
    public bool IsPresent => TensorPrimitives.Max<float>(Map) >= presence;

    /// <summary>What the map says.</summary>
    public DetectionReading Reading
    {
        get
        {
            int positions = 0;
            foreach (float value in Map) positions += value >= presence ? 1 : 0;
            return new(TensorPrimitives.Max<float>(Map), (float)positions / Map.Length);
        }
    }

    /// <summary>Reads a step's map.</summary>
    /// <exception cref="InferenceException">A score is not finite.</exception>
    public void Read(in DenoisingStep step, StepPredictions predictions)
    {
        DetectionMaps.Mean(predictions.DetectionScores(_tokens), guideline.HasBackground, Map);
        // A number that is none would count as nothing detected.
        if (!float.IsFinite(TensorPrimitives.MaxMagnitude<float>(Map)))
        {
            throw new InferenceException("unet", "gave a detection score that is not a finite number. Is the guideline one for this model?", step.Index);
        }
        if (normalisation == DetectionNormalisation.PerMap) DetectionMaps.NormalisePerMapInPlace(Map);
        else DetectionMaps.CalibrateInPlace(Map, guideline.BandAt(step.Timestep));
    }
}
