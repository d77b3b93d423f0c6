using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.UNet;

/// <summary>The timestep in the type and rank that a UNet asks for: int64, int32, float32 or float16; a scalar, one value, or one per row.</summary>
internal sealed class TimestepTensor : IDisposable
{
    private readonly Action<int> _set;

    public TimestepTensor(UNetSignature signature, int rows, string file)
    {
        long[] shape = signature.TimestepRank == 0 ? [] : [signature.TimestepIsPerRow ? rows : 1];
        (OrtValue, _set) = signature.TimestepType switch
        {
            TensorElementType.Int64 => Create<long>(shape, timestep => timestep),
            TensorElementType.Int32 => Create<int>(shape, timestep => timestep),
            TensorElementType.Float => Create<float>(shape, timestep => timestep),
            TensorElementType.Float16 => Create<Float16>(shape, timestep => (Float16)timestep),
            var type => throw new InvalidFileException(file, $"timestep is of type {type}; int64, int32, float32 or float16 is needed."),
        };
    }

    public OrtValue OrtValue { get; }

    public void Set(int timestep) => _set(timestep);

    public void Dispose() => OrtValue.Dispose();

    private static (OrtValue, Action<int>) Create<T>(long[] shape, Func<int, T> convert) where T : unmanaged
    {
        T[] values = new T[shape is [long count] ? count : 1];
        return (OrtValue.CreateTensorValueFromMemory(values, shape), timestep => Array.Fill(values, convert(timestep)));
    }
}
