using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>Reads a weight as float32, and writes float32 as bytes of the weight's own type. ONNX stores little-endian, as the machine does.</summary>
internal static class WeightElements
{
    /// <param name="model">The model.</param>
    /// <param name="weight">One of its weights.</param>
    /// <param name="width">The text states' width, which is one of its two sizes.</param>
    /// <param name="changed">Its elements where others stand in their place; null for the model's.</param>
    /// <exception cref="InvalidFileException">Its sizes, type or content are not those of such a weight.</exception>
    public static float[] Read(OnnxModelFile model, TextWeight weight, int width, ReadOnlyMemory<byte>? changed = null)
    {
        TensorProto tensor = weight.Tensor;
        if (tensor.Dims.Count != 2 || tensor.Dims[weight.IsTransposed ? 1 : 0] != width)
            throw Wrong(model, weight, string.Create(CultureInfo.InvariantCulture, $"is [{string.Join(", ", tensor.Dims)}], which does not fit text states of width {width}"));
        ReadOnlySpan<byte> bytes = (changed ?? new OnnxTensor(model, tensor).ReadBytes()).Span;
        return (OnnxElementType)tensor.DataType switch
        {
            OnnxElementType.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            OnnxElementType.Float16 => From<Half>(bytes),
            OnnxElementType.Float64 => From<double>(bytes),
            _ => throw Wrong(model, weight, $"is of type {(OnnxElementType)tensor.DataType}; float32, float16 and float64 can be multiplied"),
        };
    }

    /// <exception cref="InvalidFileException">A number does not fit the type.</exception>
    public static byte[] Write(OnnxModelFile model, TextWeight weight, float[] values)
    {
        byte[] bytes = (OnnxElementType)weight.Tensor.DataType switch
        {
            OnnxElementType.Float16 => To<Half>(values),
            OnnxElementType.Float64 => To<double>(values),
            _ => MemoryMarshal.AsBytes<float>(values).ToArray(),
        };
        bool isFinite = weight.Tensor.DataType == (int)OnnxElementType.Float16
            ? TensorPrimitives.IsFiniteAll<Half>(MemoryMarshal.Cast<byte, Half>(bytes))
            : TensorPrimitives.IsFiniteAll<float>(values);
        return isFinite ? bytes : throw Wrong(model, weight, "would hold numbers beyond its type's range: the erasure is too strong for these weights");
    }

    private static float[] From<T>(ReadOnlySpan<byte> bytes) where T : unmanaged, INumberBase<T>
    {
        ReadOnlySpan<T> source = MemoryMarshal.Cast<byte, T>(bytes);
        float[] values = new float[source.Length];
        TensorPrimitives.ConvertTruncating(source, values.AsSpan());
        return values;
    }

    private static byte[] To<T>(float[] values) where T : unmanaged, INumberBase<T>
    {
        T[] target = new T[values.Length];
        TensorPrimitives.ConvertTruncating<float, T>(values, target);
        return MemoryMarshal.AsBytes<T>(target).ToArray();
    }

    private static InvalidFileException Wrong(OnnxModelFile model, TextWeight weight, string what) => new(model.Path, $"the weight '{weight.Name}' {what}");
}
