using Microsoft.ML.OnnxRuntime;

namespace FineTuneCheck;

/// <summary>A UNet in ONNX Runtime on the CPU, with one batch of inputs.</summary>
internal sealed class Forward : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly List<OrtValue> _values = [];
    private readonly OrtIoBinding _binding;

    public Forward(string file, float[] latents, long[] shape, float[] states, long[] textShape, int timestep, int threads)
    {
        using SessionOptions options = new() { IntraOpNumThreads = threads, EnableMemoryPattern = false };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(file, options);
        _binding = _session.CreateIoBinding();
        foreach ((string name, NodeMetadata input) in _session.InputMetadata)
        {
            _binding.BindInput(name, Own(name switch
            {
                "sample" => OrtValue.CreateTensorValueFromMemory(latents, shape),
                "encoder_hidden_states" => OrtValue.CreateTensorValueFromMemory(states, textShape),
                _ => Timestep(input, timestep, shape[0]),
            }));
        }
        foreach (string name in _session.OutputMetadata.Keys)
            _binding.BindOutput(name, Own(OrtValue.CreateTensorValueFromMemory(new float[latents.Length], shape)));
    }

    public void Run() => _session.RunWithBinding(_options, _binding);

    public void Dispose()
    {
        _binding.Dispose();
        foreach (OrtValue value in _values) value.Dispose();
        _options.Dispose();
        _session.Dispose();
    }

    private static OrtValue Timestep(NodeMetadata input, int timestep, long rows)
    {
        long[] shape = [.. input.Dimensions.Select(size => size < 0 ? rows : size)];
        long count = shape.Aggregate(1L, (product, size) => product * size);
        return input.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory([.. Enumerable.Repeat((long)timestep, (int)count)], shape)
            : OrtValue.CreateTensorValueFromMemory([.. Enumerable.Repeat((float)timestep, (int)count)], shape);
    }

    private OrtValue Own(OrtValue value)
    {
        _values.Add(value);
        return value;
    }
}
