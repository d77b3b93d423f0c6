using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Networks;

/// <summary>What a network gave, as numbers; truth values are 0 and 1.</summary>
/// <param name="Values">The numbers.</param>
/// <param name="Shape">The shape.</param>
public sealed record OutputTensor(float[] Values, long[] Shape)
{
    private static readonly TensorElementType[] _readable =
    [
        TensorElementType.Float, TensorElementType.Float16, TensorElementType.Double, TensorElementType.Int64, TensorElementType.Int32, TensorElementType.Bool,
    ];

    /// <exception cref="InvalidFileException">The output's type is none that can be read.</exception>
    public static void RequireReadable(NodeMetadata node, string name, string file)
    {
        if (_readable.Contains(node.ElementDataType)) return;
        throw new InvalidFileException(file, $"{name} is of type {node.ElementDataType}; one of {string.Join(", ", _readable)} is needed.");
    }

    /// <summary>Copies a value of a readable type.</summary>
    public static OutputTensor Read(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        float[] values = info.ElementDataType switch
        {
            TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Float16 => Convert(System.Runtime.InteropServices.MemoryMarshal.Cast<Float16, Half>(value.GetTensorDataAsSpan<Float16>())),
            TensorElementType.Double => Convert(value.GetTensorDataAsSpan<double>()),
            TensorElementType.Int64 => Convert(value.GetTensorDataAsSpan<long>()),
            TensorElementType.Int32 => Convert(value.GetTensorDataAsSpan<int>()),
            TensorElementType.Bool => [.. value.GetTensorDataAsSpan<bool>().ToArray().Select(flag => flag ? 1f : 0f)],
            _ => throw new ArgumentException($"{info.ElementDataType} is not readable.", nameof(value)),
        };
        return new OutputTensor(values, info.Shape);
    }

    /// <summary>The part of one picture: the <paramref name="index"/>th along the first axis.</summary>
    public ReadOnlySpan<float> Row(int index)
    {
        int length = Values.Length / (int)Shape[0];
        return Values.AsSpan(index * length, length);
    }

    private static float[] Convert<T>(ReadOnlySpan<T> values) where T : System.Numerics.INumberBase<T>
    {
        float[] converted = new float[values.Length];
        TensorPrimitives.ConvertTruncating(values, converted);
        return converted;
    }
}
