using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Quantizing;

/// <summary>A variant of a network that is asked one sample at a time, and shows values of its inside.</summary>
/// <param name="session">The variant; observed values are among its outputs.</param>
/// <param name="observed">The values to show.</param>
internal abstract class NetworkProbe(OnnxSession session, IReadOnlyList<string> observed) : IDisposable
{
    private readonly RunOptions _options = new();
    private float[] _singles = [];

    protected OnnxSession Session { get; } = session;

    /// <summary>The output that is measured.</summary>
    protected abstract string Output { get; }

    /// <summary>Rows of a call; all are the sample.</summary>
    protected abstract int Rows { get; }

    /// <summary>What the network makes of a sample, one row.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="read">Told of every observed value.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public float[] Predict(CalibrationSample sample, Action<string, ReadOnlySpan<float>>? read, CancellationToken cancellationToken)
    {
        using OrtIoBinding binding = Session.CreateBinding();
        using IDisposable inputs = Bind(binding, sample);
        foreach (string output in observed.Prepend(Output)) binding.BindOutputToDevice(output, OrtMemoryInfo.DefaultInstance);
        Session.Run(_options, binding, cancellationToken);
        using IDisposableReadOnlyCollection<OrtValue> values = binding.GetOutputValues();
        for (int i = 0; i < observed.Count; i++) read!(observed[i], Singles(values[i + 1]));
        ReadOnlySpan<float> made = Singles(values[0]);
        return made[..(made.Length / Rows)].ToArray();
    }

    public void Dispose()
    {
        _options.Dispose();
        Session.Dispose();
    }

    /// <summary>Binds a sample's inputs; what is returned keeps them.</summary>
    protected abstract IDisposable Bind(OrtIoBinding binding, CalibrationSample sample);

    /// <summary>A tensor with the same contents in every row.</summary>
    protected static FloatTensor Repeated(TensorElementType type, ReadOnlySpan<float> row, params long[] shape)
    {
        FloatTensor tensor = new(type, shape);
        for (int start = 0; start < tensor.Values.Length; start += row.Length) row.CopyTo(tensor.Values.AsSpan(start));
        tensor.BeforeRun();
        return tensor;
    }

    private ReadOnlySpan<float> Singles(OrtValue value)
    {
        if (value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float) return value.GetTensorDataAsSpan<float>();
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<Float16, Half>(value.GetTensorDataAsSpan<Float16>());
        if (_singles.Length < halves.Length) _singles = new float[halves.Length];
        TensorPrimitives.ConvertToSingle(halves, _singles);
        return _singles.AsSpan(0, halves.Length);
    }

    /// <summary>Tensors that are disposed of together.</summary>
    protected sealed class Bound(params IReadOnlyList<IDisposable> tensors) : IDisposable
    {
        public void Dispose()
        {
            foreach (IDisposable tensor in tensors) tensor.Dispose();
        }
    }
}
