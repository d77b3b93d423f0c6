using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Sessions;

/// <summary>One network of a model in ONNX Runtime: bound by name, its errors made ours.</summary>
public sealed class OnnxSession : IDisposable
{
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

    /// <summary>The inputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    /// <summary>The inputs that have a value where nothing is given, by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> OptionalInputs => _session.OverridableInitializerMetadata;

    /// <summary>The outputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    /// <summary>Makes a session, with ONNX Runtime's errors made ours.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="file">The model file, for errors.</param>
    /// <param name="provider">What is to run it; that is checked of the session.</param>
    /// <param name="create">Makes ONNX Runtime's session.</param>
    /// <exception cref="InvalidFileException">ONNX Runtime cannot load it.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider would leave a part of it to another.</exception>
    public static OnnxSession Create(string network, string file, ProviderSettings provider, Func<InferenceSession> create)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(create);
        InferenceSession? session = null;
        try
        {
            session = create();
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

    /// <summary>Makes a binding of buffers to inputs and outputs; the caller disposes it.</summary>
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

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

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
