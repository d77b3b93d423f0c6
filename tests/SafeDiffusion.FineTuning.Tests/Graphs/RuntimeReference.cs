using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Instrumentation.Onnx;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>The same network in ONNX Runtime.</summary>
internal sealed class RuntimeReference(OnnxModelFile model) : IDisposable
{
    private readonly InferenceSession _session = new(model.Path);

    /// <summary>Random inputs of small sizes.</summary>
    public Dictionary<string, Tensor> MakeInputs(long seed)
    {
        using Generator generator = new((ulong)seed + 7);
        return model.Inputs.ToDictionary(input => input.Name, input => Make(input, generator));
    }

    /// <summary>The outputs in double precision.</summary>
    public Dictionary<string, Tensor> Run(Dictionary<string, Tensor> inputs)
    {
        List<OrtValue> owned = [.. model.Inputs.Select(input => Value(inputs[input.Name], input.ElementType))];
        try
        {
            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, [.. model.Inputs.Select(input => input.Name)], owned, [.. model.Outputs.Select(output => output.Name)]);
            return model.Outputs.Index().ToDictionary(output => output.Item.Name, output => Read(outputs[output.Index]));
        }
        finally
        {
            owned.ForEach(value => value.Dispose());
        }
    }

    public void Dispose() => _session.Dispose();

    private static Tensor Make(OnnxValue input, Generator generator)
    {
        long[] shape = [.. input.Dimensions!.Select((dimension, index) => dimension.Size ?? Size(input.Dimensions!.Count, index))];
        if (input.ElementType is OnnxElementType.Int64 or OnnxElementType.Int32) return randint(1, 40, shape, input.ElementType == OnnxElementType.Int64 ? ScalarType.Int64 : ScalarType.Int32, generator: generator);
        return shape.Length < 2 ? full(shape, 341f, ScalarType.Float32) : randn(shape, generator: generator);
    }

    /// <summary>Batches of 2, 4 channels, 16 pixels, 77 tokens; the width of text states is fixed in these models.</summary>
    private static long Size(int rank, int index) => index == 0 ? 2 : rank == 4 ? index == 1 ? 4 : 16 : 77;

    private static OrtValue Value(Tensor tensor, OnnxElementType type) => type switch
    {
        OnnxElementType.Int64 => OrtValue.CreateTensorValueFromMemory(tensor.data<long>().ToArray(), tensor.shape),
        OnnxElementType.Int32 => OrtValue.CreateTensorValueFromMemory(tensor.data<int>().ToArray(), tensor.shape),
        OnnxElementType.Float16 => OrtValue.CreateTensorValueFromMemory(tensor.data<float>().ToArray().Select(value => (Float16)value).ToArray(), tensor.shape),
        _ => OrtValue.CreateTensorValueFromMemory(tensor.data<float>().ToArray(), tensor.shape),
    };

    private static Tensor Read(OrtValue value)
    {
        long[] shape = value.GetTensorTypeAndShape().Shape;
        return value.GetTensorTypeAndShape().ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16 => tensor(value.GetTensorDataAsSpan<Float16>().ToArray().Select(half => (double)(float)half).ToArray(), shape, ScalarType.Float64),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => tensor(value.GetTensorDataAsSpan<long>().ToArray(), shape).to(ScalarType.Float64),
            _ => tensor(value.GetTensorDataAsSpan<float>().ToArray(), shape).to(ScalarType.Float64),
        };
    }
}
