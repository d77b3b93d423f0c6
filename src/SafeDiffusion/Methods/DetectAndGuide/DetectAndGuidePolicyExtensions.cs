using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Detect-and-guide in a policy.</summary>
public static class DetectAndGuidePolicyExtensions
{
    /// <summary>Adds detect-and-guide (DAG) with a guideline's file and our own settings.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="guidelineFile">The guideline; <c>safediffusion learn guideline</c> makes one.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or no guideline.</exception>
    public static SafetyPolicy AddDetectAndGuide(this SafetyPolicy policy, string guidelineFile) =>
        policy.AddDetectAndGuide(new DetectionGuidance { Guideline = Guideline.Load(guidelineFile) });

    /// <summary>Adds detect-and-guide (DAG).</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddDetectAndGuide(this SafetyPolicy policy, DetectionGuidance guidance)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(guidance);
    }
}
