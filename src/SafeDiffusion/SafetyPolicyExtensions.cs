using SafeDiffusion.Guidance.ClassifierFree;
using SafeDiffusion.Guidance.SafeLatent;

namespace SafeDiffusion;

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
}
