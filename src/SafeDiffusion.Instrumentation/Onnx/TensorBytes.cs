namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>How many bytes a tensor's elements take.</summary>
internal static class TensorBytes
{
    /// <summary>The bytes of a tensor's data; null where its type has no fixed width or its dimensions make no sense.</summary>
    public static long? Count(TensorProto tensor)
    {
        if (Width((OnnxElementType)tensor.DataType) is not { } count)
            return null;
        foreach (long size in tensor.Dims)
        {
            if (size < 0 || size > 0 && count > long.MaxValue / size)
                return null;
            count *= size;
        }
        return count;
    }

    private static long? Width(OnnxElementType type) => type switch
    {
        OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Boolean => 1,
        OnnxElementType.UInt16 or OnnxElementType.Int16 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => 2,
        OnnxElementType.Float32 or OnnxElementType.Int32 or OnnxElementType.UInt32 => 4,
        OnnxElementType.Float64 or OnnxElementType.Int64 or OnnxElementType.UInt64 => 8,
        _ => null,
    };
}
