using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace GpuCheck;

/// <summary>
/// Steps of a UNet whose shapes are fixed when it is loaded, on buffers that stay where they are: what a CUDA graph needs, since it replays
/// addresses. Latents are copied in and the prediction out at every step, as in a generation.
/// </summary>
internal static class FixedShapeSteps
{
    public static (StepTimes, float[]) Measure(
        OnnxModelFile model, AttentionFeatures features, Dictionary<string, string> settings, ExecutionProvider provider, Workload workload, int timestep)
    {
        long began = Stopwatch.GetTimestamp();
        using SessionOptions options = Options(settings, provider);
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(Path.GetFullPath(model.Path))!);
        OnnxModelFile edited = features == AttentionFeatures.None ? model : UNetInstrumentation.Instrument(model, features);
        Dictionary<string, long[]> shapes = [];
        foreach (ValueInfoProto input in edited.Proto.Graph.Input) shapes[input.Name] = Fix(input, workload, options);
        using InferenceSession session = new(edited.ToBytes(), options);
        double load = Stopwatch.GetElapsedTime(began).TotalSeconds;
        using DeviceBuffers buffers = new(provider);
        using OrtIoBinding binding = session.CreateIoBinding();
        foreach ((string name, NodeMetadata node) in session.InputMetadata) binding.BindInput(name, Input(buffers, name, node, shapes[name], timestep));
        foreach (string output in session.OutputNames)
        {
            bool isScores = output == AddedNames.DetectionScores;
            long[] shape = isScores ? [workload.Rows, Workload.Guidelines, workload.Size, workload.Size] : shapes["sample"];
            binding.BindOutput(output, buffers.Allocate(isScores ? output : "prediction", TensorElementType.Float, shape));
        }
        float[] latents = Latents(workload), prediction = new float[latents.Length];
        using RunOptions run = new();
        return StepTimer.Run(load, workload.Steps, () => { }, () =>
        {
            buffers.Write<float>("sample", latents);
            session.RunWithBinding(run, binding);
            buffers.Read<float>("prediction", prediction);
        }, () => prediction);
    }

    private static SessionOptions Options(Dictionary<string, string> settings, ExecutionProvider provider)
    {
        if (provider != ExecutionProvider.Cuda) return new ProviderSettings(provider, null).CreateOptions();
        SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using OrtCUDAProviderOptions cuda = new();
        cuda.UpdateOptions(settings);
        options.AppendExecutionProvider_CUDA(cuda);
        return options;
    }

    /// <summary>Gives every dimension without a number one; the first is rows, and of latents the others are the grid.</summary>
    private static long[] Fix(ValueInfoProto input, Workload workload, SessionOptions options)
    {
        TensorShapeProto shape = input.Type.TensorType.Shape;
        long[] sizes = new long[shape.Dim.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = shape.Dim[i].DimValue > 0 ? shape.Dim[i].DimValue : (input.Name, i) switch
            {
                (AddedNames.GuidelineEmbeddings, _) => Workload.Guidelines,
                (_, 0) => workload.Rows,
                ("sample", 1) => 4,
                ("sample", _) => workload.Size,
                _ => Workload.Tokens,
            };
            if (shape.Dim[i].DimParam is { Length: > 0 } name) options.AddFreeDimensionOverrideByName(name, sizes[i]);
        }
        return sizes;
    }

    private static OrtValue Input(DeviceBuffers buffers, string name, NodeMetadata node, long[] shape, int timestep)
    {
        OrtValue value = buffers.Allocate(name, node.ElementDataType, shape);
        int count = (int)shape.Aggregate(1L, (product, size) => product * size);
        switch (name, node.ElementDataType)
        {
            case ("sample", TensorElementType.Float):
                break;
            case ("timestep", TensorElementType.Float):
                buffers.Write<float>(name, [.. Enumerable.Repeat((float)timestep, count)]);
                break;
            case ("timestep", TensorElementType.Int64):
                buffers.Write<long>(name, [.. Enumerable.Repeat((long)timestep, count)]);
                break;
            case ("encoder_hidden_states", TensorElementType.Float):
                int row = count / (int)shape[0];
                buffers.Write<float>(name, [.. Enumerable.Range(0, (int)shape[0]).SelectMany(i => FullSizeCheck.Noise(2 * i, row))]);
                break;
            case (AddedNames.GuidelineEmbeddings, TensorElementType.Float):
                buffers.Write<float>(name, FullSizeCheck.Noise(3, count));
                break;
            default:
                throw new InvalidOperationException($"The input {name} of type {node.ElementDataType} is not known.");
        }
        return value;
    }

    private static float[] Latents(Workload workload) =>
        [.. Enumerable.Range(0, workload.Rows).SelectMany(row => FullSizeCheck.Noise(2 * row + 1, 4 * workload.Size * workload.Size))];
}
