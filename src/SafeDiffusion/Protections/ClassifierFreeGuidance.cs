using System.Numerics.Tensors;

namespace SafeDiffusion.Protections;

/// <summary>Classifier-free guidance (Ho and Salimans 2022), to which every protection adds its term.</summary>
internal static class ClassifierFreeGuidance
{
    /// <summary>Computes <c>e = u + g (p - u)</c>, elementwise in float32.</summary>
    public static void Combine(ReadOnlySpan<float> unconditional, ReadOnlySpan<float> prompt, float guidanceScale, Span<float> destination)
    {
        TensorPrimitives.Subtract(prompt, unconditional, destination);
        TensorPrimitives.MultiplyAdd(destination, guidanceScale, unconditional, destination);
    }
}
