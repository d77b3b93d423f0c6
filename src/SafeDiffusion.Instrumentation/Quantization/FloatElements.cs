using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>Reads stored float32 or float16 numbers.</summary>
internal static class FloatElements
{
    /// <exception cref="InvalidFileException">They cannot be read, or are not finite.</exception>
    public static float[] Read(OnnxModelFile model, TensorProto tensor)
    {
        ReadOnlySpan<byte> bytes = new OnnxTensor(model, tensor).ReadBytes().Span;
        float[] values = new float[tensor.Dims.Aggregate(1L, (count, size) => count * size)];
        if (tensor.DataType == (int)OnnxElementType.Float16) TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
        else bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return TensorPrimitives.IsFiniteAll<float>(values) ? values : throw new InvalidFileException(model.Path, $"the weight '{tensor.Name}' holds numbers that are not finite");
    }
}
