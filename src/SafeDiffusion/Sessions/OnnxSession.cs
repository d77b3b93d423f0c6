using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Instrumentation;

namespace SafeDiffusion.Sessions;

/// <summary>One network of a model in ONNX Runtime: bound by name, its errors made ours.</summary>
internal sealed class OnnxSession : IDisposable
{
    private const long LargeModelBytes = 64 << 20;
    private readonly InferenceSession _session;

    private OnnxSession(string network, string file, InferenceSession session)
    {
        Network = network;
        File = file;
        _session = session;
        Provider = NodePlacement.Of(session).Any(node => node.Provider == CudaProvider.Name) ? ExecutionProvider.Cuda : ExecutionProvider.Cpu;
    }

    /// <summary>The network's name: its folder in the model.</summary>
    public string Network { get; }

    /// <summary>The model file.</summary>
    public string File { get; }

    /// <summary>What really runs the network, as the session says.</summary>
    public ExecutionProvider Provider { get; }

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    /// <summary>Loads a network whose file has been checked.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="model">The network; an edited one refers to the same external data as its file.</param>
    /// <param name="isEdited">Whether the graph differs from the file's, so that it is loaded from memory.</param>
    /// <param name="provider">What runs it.</param>
    /// <param name="cacheFolder">Where it is kept as ONNX Runtime has optimised it; null for nowhere.</param>
    /// <exception cref="InvalidFileException">ONNX Runtime cannot load it.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public static OnnxSession Load(string network, OnnxModelFile model, ProviderSettings provider, bool isEdited = false, string? cacheFolder = null)
    {
        using SessionOptions options = provider.CreateOptions(model.HoldsHalfPrecision);
        if (IsLarge(model)) options.EnableMemoryPattern = false;
        return Load(network, model.Path, provider, () => cacheFolder is null ? Create() : new OptimizedModelCache(cacheFolder).Load(model, options, Create));

        InferenceSession Create() => isEdited ? LoadEdited(model, options) : new InferenceSession(model.Path, options);
    }

    /// <summary>Loads a network with nothing but ONNX Runtime's own settings, to compare with.</summary>
    /// <inheritdoc cref="Load(string, OnnxModelFile, ProviderSettings, bool, string?)"/>
    public static OnnxSession LoadAsItIs(string network, OnnxModelFile model, ProviderSettings provider)
    {
        using SessionOptions options = provider.CreateOptions(model.HoldsHalfPrecision);
        return Load(network, model.Path, provider, () => new InferenceSession(model.Path, options));
    }

    /// <summary>The name and description of an input, known by any of several names.</summary>
    /// <exception cref="InvalidFileException">There is none of these names.</exception>
    public (string Name, NodeMetadata Node) Input(params ReadOnlySpan<string> names) => Find(Inputs, "input", names);

    /// <summary>The name and description of an output, known by any of several names.</summary>
    /// <exception cref="InvalidFileException">There is none of these names.</exception>
    public (string Name, NodeMetadata Node) Output(params ReadOnlySpan<string> names) => Find(Outputs, "output", names);

    /// <summary>Refuses a network with inputs that nobody would fill.</summary>
    /// <exception cref="InvalidFileException">There is an input beside those named.</exception>
    public void RequireNoOtherInputs(params string[] names)
    {
        string[] others = [.. Inputs.Keys.Except(names).Order(StringComparer.Ordinal)];
        if (others.Length == 0) return;
        throw new InvalidFileException(
            File, $"has the input {string.Join(", ", others)}, which Stable Diffusion v1 does not have. Is it a model of another family?");
    }

    public OrtIoBinding CreateBinding() => _session.CreateIoBinding();

    /// <summary>Runs the network on bound buffers; a cancellation ends it early.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InferenceException">The network failed.</exception>
    public void Run(RunOptions options, OrtIoBinding binding, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options);
        try
        {
            _session.RunWithBinding(options, binding);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException error)
        {
            throw new InferenceException(Network, error.Message, innerException: error);
        }
    }

    /// <summary>Runs the network on buffers that were made for this one call, with one input and one output.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InferenceException">The network failed.</exception>
    public void RunOnce(string inputName, OrtValue input, string outputName, FloatTensor output, CancellationToken cancellationToken)
    {
        using RunOptions options = new();
        using OrtIoBinding binding = CreateBinding();
        binding.BindInput(inputName, input);
        binding.BindOutput(outputName, output.OrtValue);
        Run(options, binding, cancellationToken);
        output.AfterRun();
    }

    /// <summary>Refuses values of this network that are not finite.</summary>
    /// <exception cref="InferenceException">A value is not finite.</exception>
    public void RequireFinite(ReadOnlySpan<float> values, string advice = "")
    {
        if (float.IsFinite(TensorPrimitives.MaxMagnitude(values))) return;
        throw new InferenceException(Network, $"gave a value that is not a finite number.{advice}");
    }

    public void Dispose() => _session.Dispose();

    /// <summary>
    /// Whether memory counts for more than microseconds. With memory patterns, the second run of a shape lays out all its values in a block
    /// of their own beside what the first run took: 2.3 GB more for the full-size UNet, and no faster (docs/performance-full-size.md).
    /// </summary>
    public static bool IsLarge(OnnxModelFile model) => model.ExternalDataFiles
        .Select(file => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(model.Path))!, file))
        .Append(model.Path)
        .Sum(file => new FileInfo(file) is { Exists: true, Length: var length } ? length : 0) >= LargeModelBytes;

    private static OnnxSession Load(string network, string file, ProviderSettings provider, Func<InferenceSession> load)
    {
        InferenceSession? session = null;
        try
        {
            session = load();
            if (provider.Provider == ExecutionProvider.Cuda) UnaskedProcessorNodes.Refuse(network, file, session);
            return new OnnxSession(network, file, session);
        }
        catch (OnnxRuntimeException error)
        {
            throw new InvalidFileException(file, $"ONNX Runtime cannot load it: {error.Message}", error);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    private static InferenceSession LoadEdited(OnnxModelFile model, SessionOptions options)
    {
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(Path.GetFullPath(model.Path))!);
        return new InferenceSession(model.ToBytes(), options);
    }

    private (string Name, NodeMetadata Node) Find(IReadOnlyDictionary<string, NodeMetadata> values, string kind, ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (values.TryGetValue(name, out NodeMetadata? node)) return (name, node);
        }
        throw new InvalidFileException(
            File, $"has no {kind} {string.Join(" or ", names.ToArray())}; it has {string.Join(", ", values.Keys.Order(StringComparer.Ordinal))}.");
    }
}
