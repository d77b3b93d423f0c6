using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Growth inhibitors in a policy.</summary>
public static class GrowthInhibitorPolicyExtensions
{
    /// <summary>Adds a growth inhibitor (GIE) with a fixed scale.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="concept">The concept to inhibit, as prompts say it, article included.</param>
    /// <param name="scale">The suppression scale, at least 0.</param>
    /// <exception cref="InvalidPolicyException">The concept is empty, or the scale is out of range.</exception>
    public static SafetyPolicy AddGrowthInhibitor(this SafetyPolicy policy, string concept, float scale = 5) =>
        policy.AddGrowthInhibitor(new GrowthInhibition { Concept = concept, Scale = scale });

    /// <summary>Adds a growth inhibitor (GIE) with free settings.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddGrowthInhibitor(this SafetyPolicy policy, GrowthInhibition inhibition)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(inhibition);
    }
}
