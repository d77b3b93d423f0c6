using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SafeDiffusion.Core.Tensors;

/// <summary>Converts a stored tensor's bytes to numbers. ONNX Runtime runs on little-endian machines only, so bytes are elements as they are.</summary>
internal static class TensorElements
{
    /// <summary>Bytes seen as elements.</summary>
    public static ReadOnlySpan<T> View<T>(ReadOnlySpan<byte> bytes) where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes);

    /// <summary>The elements in floating point, or null for a type that is not converted.</summary>
    public static T[]? TryConvert<T>(StoredTensor tensor) where T : unmanaged, IFloatingPointIeee754<T> => tensor.Type switch
    {
        ElementType.Bool => FromBooleans<T>(tensor),
        ElementType.U8 => From<byte, T>(tensor),
        ElementType.I8 => From<sbyte, T>(tensor),
        ElementType.U16 => From<ushort, T>(tensor),
        ElementType.I16 => From<short, T>(tensor),
        ElementType.U32 => From<uint, T>(tensor),
        ElementType.I32 => From<int, T>(tensor),
        ElementType.U64 => From<ulong, T>(tensor),
        ElementType.I64 => From<long, T>(tensor),
        ElementType.F16 => From<Half, T>(tensor),
        ElementType.BF16 => FromBrainFloats<T>(tensor),
        ElementType.F32 => From<float, T>(tensor),
        ElementType.F64 => From<double, T>(tensor),
        _ => null,
    };

    /// <summary>The elements as integers, or null for a type that has none or a number that does not fit.</summary>
    public static long[]? TryConvertIntegers(StoredTensor tensor) => tensor.Type switch
    {
        ElementType.Bool => FromBooleans<long>(tensor),
        ElementType.U8 => From<byte, long>(tensor),
        ElementType.I8 => From<sbyte, long>(tensor),
        ElementType.U16 => From<ushort, long>(tensor),
        ElementType.I16 => From<short, long>(tensor),
        ElementType.U32 => From<uint, long>(tensor),
        ElementType.I32 => From<int, long>(tensor),
        ElementType.I64 => From<long, long>(tensor),
        ElementType.U64 when !View<ulong>(tensor.Bytes.Span).ContainsAnyExceptInRange(0UL, (ulong)long.MaxValue) => From<ulong, long>(tensor),
        _ => null,
    };

    private static TTarget[] From<TSource, TTarget>(StoredTensor tensor)
        where TSource : unmanaged, INumberBase<TSource>
        where TTarget : unmanaged, INumberBase<TTarget>
    {
        TTarget[] result = new TTarget[tensor.Count];
        TensorPrimitives.ConvertTruncating(View<TSource>(tensor.Bytes.Span), result.AsSpan());
        return result;
    }

    private static T[] FromBooleans<T>(StoredTensor tensor) where T : INumberBase<T>
    {
        T[] result = new T[tensor.Count];
        ReadOnlySpan<byte> source = tensor.Bytes.Span;
        for (int i = 0; i < result.Length; i++) result[i] = source[i] == 0 ? T.Zero : T.One;
        return result;
    }

    private static T[] FromBrainFloats<T>(StoredTensor tensor) where T : INumberBase<T>
    {
        T[] result = new T[tensor.Count];
        ReadOnlySpan<ushort> source = View<ushort>(tensor.Bytes.Span);
        for (int i = 0; i < result.Length; i++) result[i] = T.CreateTruncating(BitConverter.UInt32BitsToSingle((uint)source[i] << 16));
        return result;
    }
}
