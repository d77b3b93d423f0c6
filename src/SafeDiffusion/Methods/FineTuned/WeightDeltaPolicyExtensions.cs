using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Fine-tuned weights in a policy.</summary>
public static class WeightDeltaPolicyExtensions
{
    /// <summary>Adds fine-tuned weights by their file. The pipeline must be loaded with them: <c>new PipelineOptions().For(policy)</c>.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="deltaFile">The weight delta.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or no weight delta.</exception>
    /// <exception cref="InvalidPolicyException">The policy has a weight delta already.</exception>
    public static SafetyPolicy AddWeightDelta(this SafetyPolicy policy, string deltaFile) =>
        policy.AddWeightDelta(new FineTunedWeights { Delta = WeightDelta.Load(deltaFile) });

    /// <summary>Adds fine-tuned weights.</summary>
    /// <exception cref="InvalidPolicyException">The policy has a weight delta already.</exception>
    public static SafetyPolicy AddWeightDelta(this SafetyPolicy policy, FineTunedWeights weights)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(weights);
    }
}
