using System.Numerics.Tensors;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>A square matrix P that text states are multiplied by: <c>e</c> becomes <c>P e</c>. Immutable.</summary>
public sealed class TextMatrix
{
    private readonly float[] _rows;
    private readonly Lazy<float[]> _columns;

    /// <summary>Makes one.</summary>
    /// <param name="rows">P, <c>[D, D]</c>, row by row; it is copied.</param>
    /// <param name="width">D, 1 or more.</param>
    /// <exception cref="ArgumentException">There are not D² values, or one is not finite.</exception>
    public TextMatrix(ReadOnlySpan<float> rows, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (rows.Length != (long)width * width) throw new ArgumentException($"{rows.Length} values are not [{width}, {width}].", nameof(rows));
        if (!TensorPrimitives.IsFiniteAll(rows)) throw new ArgumentException("A value is not a finite number.", nameof(rows));
        _rows = rows.ToArray();
        Width = width;
        _columns = new(Turned);
    }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>The matrix that acts as this one does after another has acted: this times the other.</summary>
    /// <exception cref="ArgumentException">The other has another width.</exception>
    public TextMatrix After(TextMatrix first)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.Width != Width) throw new ArgumentException($"A matrix of width {first.Width} does not go with one of {Width}.", nameof(first));
        return new(Product(_rows, Width, first._rows, Width, CancellationToken.None), Width);
    }

    /// <summary>W P for a weight W of K or V.</summary>
    /// <param name="weight">The weight as it is stored: <c>[out, D]</c> where it is transposed, else <c>[D, out]</c>.</param>
    /// <param name="transposed">Which of the two.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The new weight, stored alike: <c>S P</c>, or <c>Pᵀ S</c>.</returns>
    internal float[] Applied(float[] weight, bool transposed, CancellationToken cancellationToken) => transposed
        ? Product(weight, Width, _rows, Width, cancellationToken)
        : Product(_columns.Value, Width, weight, weight.Length / Width, cancellationToken);

    /// <summary>The product of a matrix <c>[n, shared]</c> and one <c>[shared, columns]</c>.</summary>
    private static float[] Product(float[] left, int shared, float[] right, int columns, CancellationToken cancellationToken)
    {
        float[] product = new float[left.Length / shared * columns];
        Parallel.For(0, left.Length / shared, new ParallelOptions { CancellationToken = cancellationToken }, row =>
        {
            Span<float> target = product.AsSpan(row * columns, columns);
            for (int i = 0; i < shared; i++)
                TensorPrimitives.MultiplyAdd(right.AsSpan(i * columns, columns), left[row * shared + i], target, target);
        });
        return product;
    }

    private float[] Turned()
    {
        float[] turned = new float[_rows.Length];
        for (int row = 0; row < Width; row++)
        {
            for (int column = 0; column < Width; column++) turned[column * Width + row] = _rows[row * Width + column];
        }
        return turned;
    }
}
