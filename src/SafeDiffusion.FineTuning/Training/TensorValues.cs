using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.FineTuning.Graphs.Operators;
using SafeDiffusion.Instrumentation.Onnx;
using ScalarType = TorchSharp.torch.ScalarType;
using Tensor = TorchSharp.torch.Tensor;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Stored values as tensors, and in half precision.</summary>
internal static class TensorValues
{
    /// <summary>An initializer in single precision; null where it is none in floating point.</summary>
    public static Tensor? Read(OnnxTensor stored) => TensorTypes.Read(stored, ScalarType.Float32) is { } read && read.is_floating_point() ? read : null;

    /// <summary>Single precision as half precision; what is beyond it stays infinite, which a delta refuses.</summary>
    public static StoredTensor ToHalf(StoredTensor singles)
    {
        Half[] halves = new Half[singles.Count];
        TensorPrimitives.ConvertToHalf(singles.AsSingles(), halves);
        return new StoredTensor(ElementType.F16, singles.Shape.AsSpan(), MemoryMarshal.AsBytes<Half>(halves).ToArray());
    }
}
