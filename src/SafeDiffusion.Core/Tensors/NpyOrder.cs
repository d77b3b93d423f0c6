using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SafeDiffusion.Core.Tensors;

/// <summary>Brings a .npy file's bytes into little-endian, row-major order.</summary>
internal static class NpyOrder
{
    /// <summary>Turns the bytes of each element around.</summary>
    public static byte[] Swap(ReadOnlySpan<byte> source, int elementSize)
    {
        byte[] result = source.ToArray();
        switch (elementSize)
        {
            case 2: Swap(MemoryMarshal.Cast<byte, ushort>(result.AsSpan())); break;
            case 4: Swap(MemoryMarshal.Cast<byte, uint>(result.AsSpan())); break;
            case 8: Swap(MemoryMarshal.Cast<byte, ulong>(result.AsSpan())); break;
        }
        return result;
    }

    /// <summary>Reorders elements whose first dimension runs fastest so that the last one does.</summary>
    public static byte[] ToRowMajor(ReadOnlySpan<byte> source, ReadOnlySpan<long> shape, int elementSize)
    {
        byte[] result = new byte[source.Length];
        if (result.Length == 0) return result;

        Span<long> strides = stackalloc long[shape.Length];
        long stride = elementSize;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        Span<long> index = stackalloc long[shape.Length];
        long from = 0;
        for (int to = 0; to < result.Length; to += elementSize)
        {
            source.Slice((int)from, elementSize).CopyTo(result.AsSpan(to));
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++index[axis] < shape[axis]) break;
                from -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
        return result;
    }

    private static void Swap(Span<ushort> values) => BinaryPrimitives.ReverseEndianness(values, values);

    private static void Swap(Span<uint> values) => BinaryPrimitives.ReverseEndianness(values, values);

    private static void Swap(Span<ulong> values) => BinaryPrimitives.ReverseEndianness(values, values);
}
