using SafeDiffusion.Methods.NegativePrompt;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>A negative prompt in a policy.</summary>
public static class NegativePromptPolicyExtensions
{
    /// <summary>Adds a negative prompt, which takes the null condition's place in classifier-free guidance.</summary>
    /// <exception cref="InvalidPolicyException">The text is empty, or there is a negative prompt already.</exception>
    public static SafetyPolicy AddNegativePrompt(this SafetyPolicy policy, string text)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(new NegativePromptProtection { Text = text });
    }
}
