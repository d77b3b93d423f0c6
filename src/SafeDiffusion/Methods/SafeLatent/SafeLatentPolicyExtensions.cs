using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Safe latent guidance in a policy.</summary>
public static class SafeLatentPolicyExtensions
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
}
