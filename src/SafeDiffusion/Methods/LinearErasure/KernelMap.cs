using System.Numerics.Tensors;

namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>
/// A map of text states by kernel ridge regression: <c>Σ_j exp(-|e - a_j|² / (2 D h²)) c_j</c>, with M anchors <c>a</c> and coefficients
/// <c>c</c>. Far from all anchors it is 0. Immutable.
/// </summary>
public sealed class KernelMap
{
    /// <summary>The most anchors.</summary>
    public const int MaxAnchors = 4096;

    private readonly float[] _anchors;
    private readonly float[] _coefficients;
    private readonly float[] _norms;

    /// <summary>Makes a map.</summary>
    /// <param name="anchors">States, <c>[M, D]</c>, row by row; M is 1 to 4096.</param>
    /// <param name="coefficients">What each anchor adds, <c>[M, K]</c>, row by row.</param>
    /// <param name="width">D.</param>
    /// <param name="bandwidth">h, above 0: the root mean square difference of a coordinate at which an anchor counts for <c>exp(-1/2)</c>.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or a value is not finite.</exception>
    public KernelMap(float[] anchors, float[] coefficients, int width, float bandwidth)
    {
        ArgumentNullException.ThrowIfNull(anchors);
        ArgumentNullException.ThrowIfNull(coefficients);
        if (width < 1 || anchors.Length == 0 || anchors.Length % width != 0 || anchors.Length / width > MaxAnchors) throw new ArgumentException($"{anchors.Length} values are no 1 to {MaxAnchors} anchors of width {width}.", nameof(anchors));
        Anchors = anchors.Length / width;
        if (coefficients.Length == 0 || coefficients.Length % Anchors != 0) throw new ArgumentException($"{coefficients.Length} coefficients do not fit {Anchors} anchors.", nameof(coefficients));
        if (!(bandwidth > 0 && float.IsFinite(bandwidth))) throw new ArgumentException($"The bandwidth must be above 0, and is {bandwidth}.", nameof(bandwidth));
        if (!anchors.All(float.IsFinite) || !coefficients.All(float.IsFinite)) throw new ArgumentException("A kernel map holds a value that is not a finite number.", nameof(coefficients));
        (_anchors, _coefficients, Width, Bandwidth) = (anchors, coefficients, width, bandwidth);
        Outputs = coefficients.Length / Anchors;
        _norms = [.. Enumerable.Range(0, Anchors).Select(j => TensorPrimitives.SumOfSquares(Anchor(j)))];
    }

    /// <summary>M.</summary>
    public int Anchors { get; }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>K, the values that it gives.</summary>
    public int Outputs { get; }

    /// <summary>h.</summary>
    public float Bandwidth { get; }

    /// <summary>The anchors, <c>[M, D]</c>.</summary>
    public ReadOnlySpan<float> AnchorValues => _anchors;

    /// <summary>The coefficients, <c>[M, K]</c>.</summary>
    public ReadOnlySpan<float> Coefficients => _coefficients;

    /// <summary>Adds the map's value at a state.</summary>
    /// <param name="state">The state, <c>[D]</c>.</param>
    /// <param name="target">What it is added to, <c>[K]</c>.</param>
    /// <exception cref="ArgumentException">A size does not fit.</exception>
    public void AddTo(ReadOnlySpan<float> state, Span<float> target)
    {
        if (state.Length != Width || target.Length != Outputs) throw new ArgumentException($"The map takes {Width} values and gives {Outputs}.", nameof(state));
        float norm = TensorPrimitives.SumOfSquares(state);
        float scale = -1 / (2 * Width * Bandwidth * Bandwidth);
        for (int j = 0; j < Anchors; j++)
        {
            float distance = Math.Max(0, norm + _norms[j] - 2 * TensorPrimitives.Dot(state, Anchor(j)));
            TensorPrimitives.MultiplyAdd(_coefficients.AsSpan(j * Outputs, Outputs), MathF.Exp(scale * distance), target, target);
        }
    }

    private ReadOnlySpan<float> Anchor(int index) => _anchors.AsSpan(index * Width, Width);
}
