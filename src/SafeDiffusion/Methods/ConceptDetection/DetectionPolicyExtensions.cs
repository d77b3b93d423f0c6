using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.ConceptDetection;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Detection alone in a policy.</summary>
public static class DetectionPolicyExtensions
{
    /// <summary>Adds detection alone, by a guideline's file.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="guidelineFile">The guideline; <c>safediffusion learn guideline</c> makes one.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or no guideline.</exception>
    public static SafetyPolicy AddDetection(this SafetyPolicy policy, string guidelineFile) =>
        policy.AddDetection(new DetectionOnly { Guideline = Guideline.Load(guidelineFile) });

    /// <summary>Adds detection alone.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddDetection(this SafetyPolicy policy, DetectionOnly detection)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(detection);
    }
}
