using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>ONNX's types as the autograd library's. Every floating-point type becomes the graph's own precision.</summary>
internal static class TensorTypes
{
    /// <summary>The type that values of an ONNX type are computed in; null where there is none.</summary>
    public static ScalarType? Of(OnnxElementType type, ScalarType precision) => type switch
    {
        OnnxElementType.Float32 or OnnxElementType.Float64 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => precision,
        OnnxElementType.Int64 or OnnxElementType.UInt64 or OnnxElementType.UInt32 => ScalarType.Int64,
        OnnxElementType.Int32 or OnnxElementType.UInt16 => ScalarType.Int32,
        OnnxElementType.Int16 => ScalarType.Int16,
        OnnxElementType.Int8 => ScalarType.Int8,
        OnnxElementType.UInt8 => ScalarType.Byte,
        OnnxElementType.Boolean => ScalarType.Bool,
        _ => null,
    };

    /// <summary>A stored tensor, copied.</summary>
    public static Tensor? Read(OnnxTensor stored, ScalarType precision)
    {
        if (Stored(stored.ElementType) is not { } type || Of(stored.ElementType, precision) is not { } computed) return null;
        using DisposeScope scope = NewDisposeScope();
        Tensor raw = empty(stored.Shape.AsSpan(), dtype: type);
        stored.ReadBytes().Span.CopyTo(raw.bytes);
        return raw.to(computed).alias().MoveToOuterDisposeScope();
    }

    /// <summary>The type whose bytes are those of the stored elements; unsigned integers of several bytes are not among them.</summary>
    private static ScalarType? Stored(OnnxElementType type) => type switch
    {
        OnnxElementType.Float32 => ScalarType.Float32,
        OnnxElementType.Float64 => ScalarType.Float64,
        OnnxElementType.Float16 => ScalarType.Float16,
        OnnxElementType.BFloat16 => ScalarType.BFloat16,
        OnnxElementType.Int64 => ScalarType.Int64,
        OnnxElementType.Int32 => ScalarType.Int32,
        OnnxElementType.Int16 => ScalarType.Int16,
        OnnxElementType.Int8 => ScalarType.Int8,
        OnnxElementType.UInt8 => ScalarType.Byte,
        OnnxElementType.Boolean => ScalarType.Bool,
        _ => null,
    };
}
