using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace SafeDiffusion.Core.Tensors;

/// <summary>A tensor as a file holds it: element type, shape and raw bytes. Immutable as long as the bytes it was made of are left alone.</summary>
public sealed class StoredTensor
{
    /// <summary>Makes a tensor of raw bytes, which are not copied.</summary>
    /// <param name="type">What the elements are.</param>
    /// <param name="shape">The dimensions, each 0 or more; empty for a single number.</param>
    /// <param name="bytes">The elements: little-endian, the last dimension fastest.</param>
    /// <exception cref="ArgumentException">The bytes do not fill the shape exactly, or a dimension is negative.</exception>
    public StoredTensor(ElementType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes)
    {
        if (!TensorShape.TryCount(shape, type.Size(), out long count, out long needed))
            throw new ArgumentException($"The shape {TensorShape.Describe(shape)} is negative or too large.", nameof(shape));
        if (needed != bytes.Length)
            throw new ArgumentException($"{bytes.Length} bytes do not fill {type} {TensorShape.Describe(shape)}, which takes {needed}.", nameof(bytes));

        Type = type;
        Shape = [.. shape];
        Bytes = bytes;
        Count = (int)count;
    }

    /// <summary>What the elements are.</summary>
    public ElementType Type { get; }

    /// <summary>The dimensions; empty for a single number.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The elements: little-endian, the last dimension fastest.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>How many elements there are: the product of the shape.</summary>
    public int Count { get; }

    /// <summary>The elements in single precision, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not <see cref="ElementType.F32"/>; <see cref="ToSingles"/> converts.</exception>
    public ReadOnlySpan<float> AsSingles() =>
        Type == ElementType.F32 ? TensorElements.View<float>(Bytes.Span) : throw Refuse("single-precision numbers without a conversion");

    /// <summary>A copy of the elements in single precision. Wider types are rounded; booleans are 0 and 1.</summary>
    /// <returns><see cref="Count"/> numbers, the last dimension fastest.</returns>
    /// <exception cref="InvalidOperationException">The elements are complex or floating point of 8 bits.</exception>
    public float[] ToSingles() => TensorElements.TryConvert<float>(this) ?? throw Refuse("single-precision numbers");

    /// <summary>A copy of the elements in double precision. Integers beyond 2^53 are rounded; booleans are 0 and 1.</summary>
    /// <returns><see cref="Count"/> numbers, the last dimension fastest.</returns>
    /// <exception cref="InvalidOperationException">The elements are complex or floating point of 8 bits.</exception>
    public double[] ToDoubles() => TensorElements.TryConvert<double>(this) ?? throw Refuse("double-precision numbers");

    /// <summary>A copy of the elements as integers; booleans are 0 and 1.</summary>
    /// <returns><see cref="Count"/> numbers, the last dimension fastest.</returns>
    /// <exception cref="InvalidOperationException">The elements are no integers, or one is above 2^63 - 1.</exception>
    public long[] ToInt64s() => TensorElements.TryConvertIntegers(this) ?? throw Refuse("integers of 64 bits");

    /// <summary>A tensor of single-precision numbers; they are copied.</summary>
    /// <param name="values">The elements, the last dimension fastest.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public static StoredTensor FromSingles(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => From(ElementType.F32, values, shape);

    /// <summary>A tensor of double-precision numbers; they are copied.</summary>
    /// <param name="values">The elements, the last dimension fastest.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public static StoredTensor FromDoubles(ReadOnlySpan<double> values, params ReadOnlySpan<long> shape) => From(ElementType.F64, values, shape);

    /// <summary>A tensor of integers of 64 bits; they are copied.</summary>
    /// <param name="values">The elements, the last dimension fastest.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public static StoredTensor FromInt64s(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) => From(ElementType.I64, values, shape);

    /// <summary>A tensor of bytes; they are copied.</summary>
    /// <param name="values">The elements, the last dimension fastest.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public static StoredTensor FromBytes(ReadOnlySpan<byte> values, params ReadOnlySpan<long> shape) => From(ElementType.U8, values, shape);

    /// <summary>The type and shape: "F32 [1, 4, 64, 64]".</summary>
    public override string ToString() => $"{Type} {TensorShape.Describe(Shape.AsSpan())}";

    private static StoredTensor From<T>(ElementType type, ReadOnlySpan<T> values, ReadOnlySpan<long> shape) where T : unmanaged =>
        new(type, shape, MemoryMarshal.AsBytes(values).ToArray());

    private InvalidOperationException Refuse(string target) => new($"A tensor of {Type} {TensorShape.Describe(Shape.AsSpan())} cannot be read as {target}.");
}
