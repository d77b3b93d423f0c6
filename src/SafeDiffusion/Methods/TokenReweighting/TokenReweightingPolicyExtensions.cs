using SafeDiffusion.Methods.TokenReweighting;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Token re-weighting in a policy.</summary>
public static class TokenReweightingPolicyExtensions
{
    /// <summary>Adds the re-weighting of a word or phrase, wherever it occurs in the prompt.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="word">The word or phrase, in the form in which prompts say it.</param>
    /// <param name="factor">What the attention of its tokens is multiplied by, at least 0.</param>
    /// <exception cref="InvalidPolicyException">The word is empty, or the factor is out of range.</exception>
    public static SafetyPolicy AddTokenReweighting(this SafetyPolicy policy, string word, float factor = 0) =>
        policy.AddTokenReweighting(new TokenReweighting { Words = [new() { Text = word, Factor = factor }] });

    /// <summary>Adds token re-weighting with free settings.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddTokenReweighting(this SafetyPolicy policy, TokenReweighting reweighting)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(reweighting);
    }
}
