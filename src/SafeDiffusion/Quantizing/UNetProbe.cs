using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Quantizing;

/// <summary>A variant of a UNet that is asked for one row at a time, and shows values of its inside.</summary>
internal sealed class UNetProbe : IDisposable
{
    private readonly OnnxSession _session;
    private readonly UNetSignature _signature;
    private readonly LatentShape _shape;
    private readonly IReadOnlyList<string> _observed;
    private readonly RunOptions _options = new();
    private float[] _singles = [];

    /// <param name="model">The variant; observed values are among its outputs.</param>
    /// <param name="provider">What runs it.</param>
    /// <param name="shape">The latents' shape.</param>
    /// <param name="observed">The values to show.</param>
    public UNetProbe(OnnxModelFile model, ProviderSettings provider, LatentShape shape, params IReadOnlyList<string> observed)
    {
        _session = NetworkLoader.Load("unet", model, provider, isEdited: true);
        _signature = new UNetSignature(_session);
        _shape = shape;
        _observed = observed;
    }

    /// <summary>The prediction for a sample, <c>[C, H, W]</c>.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="read">Told of every observed value.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public float[] Predict(CalibrationSample sample, Action<string, ReadOnlySpan<float>>? read, CancellationToken cancellationToken)
    {
        int rows = _signature.FixedRows ?? 1;
        using FloatTensor latents = new(_signature.SampleType, rows, _shape.Channels, _shape.Height, _shape.Width);
        using FloatTensor text = new(_signature.TextStatesType, rows, sample.Text.Tokens, sample.Text.Width);
        using FloatTensor output = new(_signature.OutputType, rows, _shape.Channels, _shape.Height, _shape.Width);
        using TimestepTensor timestep = new(_signature, rows, _session.File);
        for (int row = 0; row < rows; row++)
        {
            sample.Latents.CopyTo(latents.Values.AsSpan(row * _shape.Length));
            sample.Text.Values.CopyTo(text.Values.AsSpan(row * sample.Text.Values.Length));
        }
        latents.BeforeRun();
        text.BeforeRun();
        timestep.Set(sample.Timestep);
        using OrtIoBinding binding = _session.CreateBinding();
        binding.BindInput(_signature.Sample, latents.OrtValue);
        binding.BindInput(_signature.TextStates, text.OrtValue);
        binding.BindInput(_signature.Timestep, timestep.OrtValue);
        binding.BindOutput(_signature.Output, output.OrtValue);
        foreach (string value in _observed) binding.BindOutputToDevice(value, OrtMemoryInfo.DefaultInstance);
        _session.Run(_options, binding, cancellationToken);
        output.AfterRun();
        if (_observed.Count > 0) Read(binding, read!);
        return output.Values[.._shape.Length];
    }

    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }

    private void Read(OrtIoBinding binding, Action<string, ReadOnlySpan<float>> read)
    {
        using IDisposableReadOnlyCollection<OrtValue> values = binding.GetOutputValues();
        // The prediction is the first that was bound.
        for (int i = 0; i < _observed.Count; i++) read(_observed[i], Singles(values[i + 1]));
    }

    private ReadOnlySpan<float> Singles(OrtValue value)
    {
        if (value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float) return value.GetTensorDataAsSpan<float>();
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<Float16, Half>(value.GetTensorDataAsSpan<Float16>());
        if (_singles.Length < halves.Length) _singles = new float[halves.Length];
        TensorPrimitives.ConvertToSingle(halves, _singles);
        return _singles.AsSpan(0, halves.Length);
    }
}
