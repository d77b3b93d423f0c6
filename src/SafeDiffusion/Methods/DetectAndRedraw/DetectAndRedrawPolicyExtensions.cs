using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Detect-and-redraw in a policy.</summary>
public static class DetectAndRedrawPolicyExtensions
{
    /// <summary>Adds detect-and-redraw with a guideline's file.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="guidelineFile">The guideline; <c>safediffusion learn guideline</c> makes one.</param>
    /// <param name="instead">What to draw in the concept's place, with its article; null for the guideline's own.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or no guideline.</exception>
    /// <exception cref="InvalidPolicyException">The guideline has no redraw thresholds, or neither it nor the caller says what to draw.</exception>
    public static SafetyPolicy AddDetectAndRedraw(this SafetyPolicy policy, string guidelineFile, string? instead = null) =>
        policy.AddDetectAndRedraw(new DetectionRedrawing { Guideline = Guideline.Load(guidelineFile), Instead = instead });

    /// <summary>Adds detect-and-redraw.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddDetectAndRedraw(this SafetyPolicy policy, DetectionRedrawing redrawing)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(redrawing);
    }
}
