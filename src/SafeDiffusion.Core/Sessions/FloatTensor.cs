using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Sessions;

/// <summary>
/// A tensor of floats, held in the network's own type, float32 or float16. A float32 network reads and writes <see cref="Values"/>
/// in place; for a float16 network they are converted before and after a run.
/// </summary>
public sealed class FloatTensor : IDisposable
{
    private readonly Float16[]? _halves;

    /// <param name="type">The network's element type.</param>
    /// <param name="shape">The shape.</param>
    public FloatTensor(TensorElementType type, params long[] shape)
    {
        Shape = shape;
        Values = new float[shape.Aggregate(1L, (product, size) => checked(product * size))];
        if (type == TensorElementType.Float16) _halves = new Float16[Values.Length];
        OrtValue = _halves is null ? OrtValue.CreateTensorValueFromMemory(Values, shape) : OrtValue.CreateTensorValueFromMemory(_halves, shape);
    }

    /// <summary>The shape.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The values, as float32.</summary>
    public float[] Values { get; }

    /// <summary>What the network reads or writes.</summary>
    public OrtValue OrtValue { get; }

    private Span<Half> Halves => MemoryMarshal.Cast<Float16, Half>(_halves.AsSpan());

    /// <summary>Makes <see cref="Values"/> what the network reads.</summary>
    public void BeforeRun()
    {
        if (_halves is not null) TensorPrimitives.ConvertToHalf(Values, Halves);
    }

    /// <summary>Makes what the network wrote <see cref="Values"/>.</summary>
    public void AfterRun()
    {
        if (_halves is not null) TensorPrimitives.ConvertToSingle(Halves, Values);
    }

    /// <inheritdoc/>
    public void Dispose() => OrtValue.Dispose();

    /// <summary>Refuses an element type that is not float32 or float16.</summary>
    /// <exception cref="InvalidFileException">The type is another one.</exception>
    public static TensorElementType RequireFloat(NodeMetadata node, string name, string file) =>
        node.ElementDataType is TensorElementType.Float or TensorElementType.Float16
            ? node.ElementDataType
            : throw new InvalidFileException(file, $"{name} is of type {node.ElementDataType}; float32 or float16 is needed.");
}
