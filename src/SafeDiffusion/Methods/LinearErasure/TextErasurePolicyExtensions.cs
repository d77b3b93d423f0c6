using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

// In the root namespace, so that one using brings every method.
namespace SafeDiffusion;

/// <summary>Text erasure in a policy.</summary>
public static class TextErasurePolicyExtensions
{
    /// <summary>Adds a text erasure by a projection's file.</summary>
    /// <param name="policy">The policy to add to.</param>
    /// <param name="projectionFile">The erasure projection.</param>
    /// <exception cref="InvalidFileException">The file is missing, damaged, or no erasure projection.</exception>
    public static SafetyPolicy AddTextErasure(this SafetyPolicy policy, string projectionFile) =>
        policy.AddTextErasure(new LinearTextErasure { Projection = ErasureProjection.Load(projectionFile) });

    /// <summary>Adds a text erasure.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public static SafetyPolicy AddTextErasure(this SafetyPolicy policy, LinearTextErasure erasure)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Add(erasure);
    }
}
