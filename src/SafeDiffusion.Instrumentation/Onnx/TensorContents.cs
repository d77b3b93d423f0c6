using System.Buffers.Binary;
using Google.Protobuf;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Reads small tensors that lie in the model file itself.</summary>
internal static class TensorContents
{
    /// <summary>Tensors with more elements than this are not read: shapes, axes and scales are small.</summary>
    public const int MostElements = 1024;

    /// <summary>The elements as doubles; null where the tensor is large, external, of another type or inconsistent.</summary>
    public static double[]? Read(TensorProto tensor)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External || Count(tensor) is not { } count)
            return null;
        double[]? values = tensor.HasRawData ? Raw((OnnxElementType)tensor.DataType, tensor.RawData.Span) : Typed(tensor);
        return values?.Length == count ? values : null;
    }

    /// <summary>Whether a tensor of any size is written out here and is zero throughout.</summary>
    public static bool IsZero(TensorProto tensor) =>
        tensor.DataLocation != TensorProto.Types.DataLocation.External && tensor.HasRawData && tensor.RawData.Length > 0
        && tensor.RawData.Span.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>Puts other elements into a tensor, in the model itself.</summary>
    public static void Replace(TensorProto tensor, ReadOnlyMemory<byte> bytes)
    {
        Clear(tensor);
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary>Takes a tensor's elements out, wherever they are.</summary>
    public static void Clear(TensorProto tensor)
    {
        tensor.ExternalData.Clear();
        tensor.ClearDataLocation();
        tensor.ClearRawData();
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        tensor.Int64Data.Clear();
        tensor.Uint64Data.Clear();
    }

    private static int? Count(TensorProto tensor)
    {
        long count = 1;
        foreach (long size in tensor.Dims)
        {
            if (size is < 0 or > MostElements)
                return null;
            count *= size;
            if (count > MostElements)
                return null;
        }
        return (int)count;
    }

    private static double[]? Raw(OnnxElementType type, ReadOnlySpan<byte> bytes) => type switch
    {
        OnnxElementType.Float32 => Each(bytes, 4, span => BinaryPrimitives.ReadSingleLittleEndian(span)),
        OnnxElementType.Float64 => Each(bytes, 8, BinaryPrimitives.ReadDoubleLittleEndian),
        OnnxElementType.Float16 => Each(bytes, 2, span => (double)BinaryPrimitives.ReadHalfLittleEndian(span)),
        OnnxElementType.BFloat16 => Each(bytes, 2, span => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(span) << 16)),
        OnnxElementType.Int64 => Each(bytes, 8, span => BinaryPrimitives.ReadInt64LittleEndian(span)),
        OnnxElementType.Int32 => Each(bytes, 4, span => BinaryPrimitives.ReadInt32LittleEndian(span)),
        OnnxElementType.Boolean => Each(bytes, 1, span => span[0] == 0 ? 0 : 1),
        _ => null,
    };

    private static double[] Each(ReadOnlySpan<byte> bytes, int width, Reader read)
    {
        double[] values = new double[bytes.Length / width];
        for (int i = 0; i < values.Length; i++)
            values[i] = read(bytes.Slice(i * width, width));
        return values;
    }

    private static double[]? Typed(TensorProto tensor) => (OnnxElementType)tensor.DataType switch
    {
        OnnxElementType.Float32 => [.. tensor.FloatData.Select(value => (double)value)],
        OnnxElementType.Float64 => [.. tensor.DoubleData],
        OnnxElementType.Int64 => [.. tensor.Int64Data.Select(value => (double)value)],
        OnnxElementType.Int32 or OnnxElementType.Boolean => [.. tensor.Int32Data.Select(value => (double)value)],
        OnnxElementType.Float16 => [.. tensor.Int32Data.Select(value => (double)BitConverter.UInt16BitsToHalf((ushort)value))],
        _ => null,
    };

    private delegate double Reader(ReadOnlySpan<byte> bytes);
}
