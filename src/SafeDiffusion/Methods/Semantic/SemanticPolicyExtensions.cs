using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Semantic guidance in a policy.</summary>
public static class SemanticPolicyExtensions
{
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
}
