using SafeDiffusion.Methods.Trajectory;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Trajectory steering in a policy.</summary>
public static class TrajectorySteeringPolicyExtensions
{
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
}
