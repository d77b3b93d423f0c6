using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Surgical erasing in a policy.</summary>
public static class SurgicalErasingPolicyExtensions
{
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
}
