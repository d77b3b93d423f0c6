using SafeDiffusion.Core.Errors;
using SafeDiffusion.Detection;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.NegativePrompt;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Methods.TrajectorySteering;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Policies;

/// <summary>The methods that come with the library, to be added to a policy.</summary>
public static class SafetyPolicyExtensions
{
    /// <summary>Adds safe latent guidance (SLD) away from a concept, with published settings.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="concept">The concept to steer away from, as a text.</param>
    /// <param name="preset">The published settings.</param>
    /// <exception cref="InvalidPolicyException">The concept is empty or the preset is unknown.</exception>
    public static SafetyPolicy AddSafeLatent(this SafetyPolicy policy, string concept, SafeLatentPreset preset = SafeLatentPreset.Medium) =>
        policy.AddSafeLatent(new SafeLatentGuidance { Concept = concept, Preset = preset });

    /// <summary>Adds safe latent guidance (SLD) with free settings.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddSafeLatent(this SafetyPolicy policy, SafeLatentGuidance guidance)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(guidance);
    }

    /// <summary>Adds a negative prompt, which takes the null condition's place in classifier-free guidance.</summary>
    /// <exception cref="InvalidPolicyException">The text is empty, or there is a negative prompt already.</exception>
    public static SafetyPolicy AddNegativePrompt(this SafetyPolicy policy, string text)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(new NegativePromptProtection { Text = text });
    }

    /// <summary>Adds semantic guidance (SEGA) away from one concept, with the published settings.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="concept">The concept to steer away from, as a text.</param>
    /// <exception cref="InvalidPolicyException">The concept is empty.</exception>
    public static SafetyPolicy AddSemantic(this SafetyPolicy policy, string concept) =>
        policy.AddSemantic(new SemanticGuidance { Concepts = [new() { Text = concept }] });

    /// <summary>Adds semantic guidance (SEGA) with any number of concepts.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddSemantic(this SafetyPolicy policy, SemanticGuidance guidance)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(guidance);
    }

    /// <summary>Adds surgical erasing of one concept, with the published settings.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="concept">The concept to leave, as a text.</param>
    /// <exception cref="InvalidPolicyException">The concept is empty.</exception>
    public static SafetyPolicy AddSurgicalErasing(this SafetyPolicy policy, string concept) =>
        policy.AddSurgicalErasing(new SurgicalErasingGuidance { Instructions = [new() { Text = concept }] });

    /// <summary>Adds surgical erasing with any number of instructions.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddSurgicalErasing(this SafetyPolicy policy, SurgicalErasingGuidance guidance)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(guidance);
    }

    /// <summary>Adds trajectory steering, this library's own use of TRCE's second stage without training.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="concept">The concept to steer away from, as a text.</param>
    /// <param name="safeText">The text to steer to instead.</param>
    /// <exception cref="InvalidPolicyException">A text is empty, or both are the same.</exception>
    public static SafetyPolicy AddTrajectorySteering(this SafetyPolicy policy, string concept, string safeText) =>
        policy.AddTrajectorySteering(new TrajectorySteering { Concept = concept, SafeText = safeText });

    /// <summary>Adds trajectory steering with free settings.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddTrajectorySteering(this SafetyPolicy policy, TrajectorySteering steering)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(steering);
    }

    /// <summary>Adds detect-and-guide (DAG) with a guideline's file and our own settings.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="guidelineFile">The guideline; <c>safediffusion learn guideline</c> makes one.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or no guideline.</exception>
    public static SafetyPolicy AddDetectAndGuide(this SafetyPolicy policy, string guidelineFile) =>
        policy.AddDetectAndGuide(new DetectAndGuideGuidance { Guideline = Guideline.Load(guidelineFile) });

    /// <summary>Adds detect-and-guide (DAG).</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddDetectAndGuide(this SafetyPolicy policy, DetectAndGuideGuidance guidance)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(guidance);
    }
}
