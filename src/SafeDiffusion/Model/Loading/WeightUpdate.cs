using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Tensors;

namespace SafeDiffusion.Model.Loading;

/// <summary>
/// What becomes of one weight: another one in its place, or one to which a difference is added, which is given whole or as the product of
/// two factors.
/// </summary>
internal sealed record WeightUpdate
{
    /// <summary>The weight in its place.</summary>
    public StoredTensor? Whole { get; init; }

    /// <summary>What is added to it, of the same shape.</summary>
    public StoredTensor? Difference { get; init; }

    /// <summary>The left factor of what is added, <c>[rows, rank]</c>.</summary>
    public StoredTensor? Up { get; init; }

    /// <summary>The right factor, <c>[rank, columns]</c>.</summary>
    public StoredTensor? Down { get; init; }

    /// <summary>The shape of the weight that it fits.</summary>
    public ImmutableArray<long> Shape => (Whole ?? Difference)?.Shape ?? [Up!.Shape[0], Down!.Shape[1]];

    /// <summary>The new weight.</summary>
    /// <param name="original">Reads the weight as it was; asked only where something is added to it.</param>
    public float[] Applied(Func<float[]> original)
    {
        if (Whole is not null) return Whole.ToSingles();
        float[] weight = original();
        if (Difference is not null) TensorPrimitives.Add(weight, Difference.ToSingles(), weight);
        else AddProduct(weight, Up!.ToSingles(), Down!.ToSingles(), (int)Down.Shape[0], (int)Down.Shape[1]);
        return weight;
    }

    private static void AddProduct(float[] weight, float[] up, float[] down, int rank, int columns) => Parallel.For(0, weight.Length / Math.Max(1, columns), row =>
    {
        Span<float> target = weight.AsSpan(row * columns, columns);
        for (int i = 0; i < rank; i++) TensorPrimitives.MultiplyAdd(down.AsSpan(i * columns, columns), up[row * rank + i], target, target);
    });
}
