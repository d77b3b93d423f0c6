using SafeDiffusion.Methods.Subtraction;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Text subtraction in a policy.</summary>
public static class TextSubtractionPolicyExtensions
{
    /// <summary>Adds a text subtraction with its default settings.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="concept">What to subtract, as a text.</param>
    /// <param name="instead">What to put in its place, as a text; null for nothing.</param>
    /// <exception cref="InvalidPolicyException">A text is empty, or both are the same.</exception>
    public static SafetyPolicy AddTextSubtraction(this SafetyPolicy policy, string concept, string? instead = null) =>
        policy.AddTextSubtraction(new TextSubtraction { Concepts = [concept], Instead = instead });

    /// <summary>Adds a text subtraction.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddTextSubtraction(this SafetyPolicy policy, TextSubtraction subtraction)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(subtraction);
    }
}
