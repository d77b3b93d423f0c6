using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Runs a model in ONNX Runtime, with float32 tensors whatever the model's own types are.</summary>
internal sealed class TestSession : IDisposable
{
    private readonly InferenceSession _session;

    public TestSession(OnnxModelFile model, GraphOptimizationLevel level = GraphOptimizationLevel.ORT_ENABLE_ALL)
    {
        using SessionOptions options = new()
        {
            GraphOptimizationLevel = level,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", model.Folder);
        _session = new InferenceSession(model.ToBytes(), options);
    }

    /// <summary>Runs with the inputs that the model has; others are left out, and optional ones where they are not given.</summary>
    public Dictionary<string, TestTensor> Run(float timestep, Dictionary<string, TestTensor> inputs)
    {
        long batch = inputs["sample"].Shape[0];
        List<NamedOnnxValue> values = [.. _session.InputMetadata.Select(input => input.Key == "timestep"
            ? Timestep(input.Value, timestep, batch)
            : Value(input.Key, input.Value, inputs[input.Key])),
            .. _session.OverridableInitializerMetadata.Where(input => inputs.ContainsKey(input.Key)).Select(input => Value(input.Key, input.Value, inputs[input.Key]))];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = _session.Run(values);
        return results.ToDictionary(result => result.Name, Read);
    }

    public void Dispose() => _session.Dispose();

    private static NamedOnnxValue Timestep(NodeMetadata input, float timestep, long batch)
    {
        int[] shape = [.. input.Dimensions.Select(size => size < 0 ? (int)batch : size)];
        int count = shape.Aggregate(1, (a, b) => a * b);
        if (input.ElementDataType == TensorElementType.Int64)
            return NamedOnnxValue.CreateFromTensor("timestep", new DenseTensor<long>(Enumerable.Repeat((long)timestep, count).ToArray(), shape));
        return Value("timestep", input, new TestTensor([.. shape.Select(size => (long)size)], [.. Enumerable.Repeat(timestep, count)]));
    }

    private static NamedOnnxValue Value(string name, NodeMetadata input, TestTensor tensor)
    {
        int[] shape = [.. tensor.Shape.Select(size => (int)size)];
        return input.ElementDataType == TensorElementType.Float16
            ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<Float16>(tensor.Values.Select(value => (Float16)value).ToArray(), shape))
            : NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(tensor.Values, shape));
    }

    private static TestTensor Read(DisposableNamedOnnxValue result) => result.Value switch
    {
        Tensor<float> tensor => new TestTensor([.. tensor.Dimensions.ToArray().Select(size => (long)size)], [.. tensor]),
        Tensor<Float16> tensor => new TestTensor([.. tensor.Dimensions.ToArray().Select(size => (long)size)], [.. tensor.Select(value => (float)value)]),
        _ => throw new InvalidOperationException(result.Name),
    };
}
