using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace FullSizeUNet;

/// <summary>A UNet or VAE decoder in ONNX Runtime with neutral inputs, and what its steps took.</summary>
internal sealed class MeasuredSession : IDisposable
{
    private const int Tokens = 77;
    private const string DecoderInput = "latent_sample";
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly List<OrtValue> _values = [];
    private readonly OrtIoBinding _binding;
    private readonly float[] _output;

    public MeasuredSession(string variant, OnnxModelFile model, SessionOptions options, Workload workload, string? file)
    {
        Variant = variant;
        using Process process = Process.GetCurrentProcess();
        TimeSpan processor = process.TotalProcessorTime;
        long began = Stopwatch.GetTimestamp();
        if (workload.FromFile) file ??= model.Path;
        _session = file is not null ? new InferenceSession(file, options) : FromMemory(model, options);
        LoadSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        process.Refresh();
        LoadProcessorSeconds = (process.TotalProcessorTime - processor).TotalSeconds;
        _binding = _session.CreateIoBinding();
        foreach ((string name, NodeMetadata input) in _session.InputMetadata)
            _binding.BindInput(name, Input(name, input, workload));
        foreach ((string name, NodeMetadata input) in _session.OverridableInitializerMetadata.Where(input => AddedNames.Inputs.Contains(input.Key)))
            _binding.BindInput(name, Input(name, input, workload));
        long[] shape = IsDecoder(model) ? [workload.Rows, 3, 8 * workload.Height, 8 * workload.Width] : [workload.Rows, 4, workload.Height, workload.Width];
        _output = new float[shape.Aggregate(1L, (a, b) => a * b)];
        foreach (string name in _session.OutputMetadata.Keys)
        {
            if (name != model.Outputs[0].Name) _binding.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
            else _binding.BindOutput(name, Own(OrtValue.CreateTensorValueFromMemory(_output, shape)));
        }
    }

    /// <summary>Whether a graph is a VAE decoder, and no UNet.</summary>
    public static bool IsDecoder(OnnxModelFile model) => model.Inputs.Any(input => input.Name == DecoderInput);

    public string Variant { get; }

    public double LoadSeconds { get; }

    public double LoadProcessorSeconds { get; }

    public List<double> WallSeconds { get; } = [];

    public List<double> ProcessorSeconds { get; } = [];

    public ReadOnlySpan<float> Output => _output;

    /// <summary>Runs one step; the first is not counted.</summary>
    public void Step(bool counted)
    {
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long began = Stopwatch.GetTimestamp();
        _session.RunWithBinding(_options, _binding);
        double wall = Stopwatch.GetElapsedTime(began).TotalSeconds;
        TimeSpan spent = Environment.CpuUsage.TotalTime - processor;
        if (!counted) return;
        WallSeconds.Add(wall);
        ProcessorSeconds.Add(spent.TotalSeconds);
    }

    /// <summary>Runs one step, and tells of every output but the prediction.</summary>
    public void Observe(Action<string, ReadOnlySpan<float>> read)
    {
        Step(counted: false);
        string[] names = _binding.GetOutputNames();
        using IDisposableReadOnlyCollection<OrtValue> values = _binding.GetOutputValues();
        for (int i = 1; i < names.Length; i++) read(names[i], values[i].GetTensorDataAsSpan<float>());
    }

    public string EndProfiling() => _session.EndProfiling();

    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
        foreach (OrtValue value in _values) value.Dispose();
        _session.Dispose();
    }

    private static InferenceSession FromMemory(OnnxModelFile model, SessionOptions options)
    {
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(Path.GetFullPath(model.Path))!);
        return new InferenceSession(model.ToBytes(), options);
    }

    private OrtValue Input(string name, NodeMetadata input, Workload workload)
    {
        if (name == "timestep")
        {
            long[] timestepShape = input.Dimensions.Length == 0 ? [] : [workload.Rows];
            int count = timestepShape.Length == 0 ? 1 : workload.Rows;
            return Own(input.ElementDataType == TensorElementType.Int64
                ? OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(500L, count).ToArray(), timestepShape)
                : OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(500f, count).ToArray(), timestepShape));
        }
        long width = _session.InputMetadata.TryGetValue("encoder_hidden_states", out NodeMetadata? text) ? text.Dimensions[2] : 0;
        (long[] shape, float? constant) = name switch
        {
            "sample" or DecoderInput => ((long[])[workload.Rows, 4, workload.Height, workload.Width], (float?)null),
            "encoder_hidden_states" => ([workload.Rows, Tokens, width], null),
            AddedNames.GuidelineEmbeddings => ([workload.Guidelines, width], null),
            AddedNames.TokenScale => ([workload.Rows, Tokens], 1),
            AddedNames.InhibitorHiddenStates => ([workload.Rows, workload.Concepts, Tokens, width], null),
            AddedNames.InhibitorScale => ([workload.Rows, workload.Concepts, Tokens], 0),
            AddedNames.InhibitorLayerScale => ([workload.Rows, workload.Concepts, input.Dimensions[2]], 1),
            AddedNames.InhibitorMask => ([workload.Rows, workload.Concepts, workload.Height, workload.Width], 1),
            _ => throw new InvalidOperationException($"The input {name} is not known."),
        };
        Random random = new(1);
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => constant ?? Normal(random))];
        return Own(OrtValue.CreateTensorValueFromMemory(values, shape));
    }

    private static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    private OrtValue Own(OrtValue value)
    {
        _values.Add(value);
        return value;
    }
}
