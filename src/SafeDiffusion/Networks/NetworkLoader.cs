using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Networks;

/// <summary>Loads networks whose files have been checked into ONNX Runtime.</summary>
public static class NetworkLoader
{
    private const long LargeModelBytes = 64 << 20;

    /// <summary>Loads a network.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="model">The network; an edited one refers to the same external data as its file.</param>
    /// <param name="provider">What runs it.</param>
    /// <param name="isEdited">Whether the graph differs from the file's, so that it is loaded from memory.</param>
    /// <param name="cacheFolder">Where it is kept as ONNX Runtime has optimised it; null for nowhere.</param>
    /// <exception cref="InvalidFileException">ONNX Runtime cannot load it.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    public static OnnxSession Load(string network, OnnxModelFile model, ProviderSettings provider, bool isEdited = false, string? cacheFolder = null)
    {
        RequireKernels(model, provider);
        return OnnxSession.Create(network, model.Path, provider, () =>
        {
            if (cacheFolder is not null) return new OptimizedModelCache(cacheFolder).Load(model, Options, Create);
            using SessionOptions options = Options();
            return Create(options);
        });

        SessionOptions Options() => CreateOptions(model, provider);
        InferenceSession Create(SessionOptions options) => isEdited || model.IsLink ? LoadFromMemory(model, options) : new InferenceSession(model.Path, options);
    }

    /// <summary>Loads a network with nothing but ONNX Runtime's own settings, to compare with.</summary>
    /// <inheritdoc cref="Load"/>
    public static OnnxSession LoadAsItIs(string network, OnnxModelFile model, ProviderSettings provider)
    {
        using SessionOptions options = provider.CreateOptions(model.HoldsHalfPrecision);
        return OnnxSession.Create(network, model.Path, provider, () => model.IsLink ? LoadFromMemory(model, options) : new InferenceSession(model.Path, options));
    }

    /// <summary>Refuses a graph that the provider has no kernels for, by name; to be asked before a graph is edited, too.</summary>
    /// <exception cref="InvalidFileException">There is such a node.</exception>
    internal static void RequireKernels(OnnxModelFile model, ProviderSettings provider)
    {
        if (provider.Provider != ExecutionProvider.Cpu || model.WithoutCpuKernel.Count == 0) return;
        throw new InvalidFileException(
            model.Path, $"is fused for GPUs and cannot run on the CPU: ONNX Runtime has no CPU kernel for {string.Join(", ", model.WithoutCpuKernel)}. "
            + "Export it without fusion for GPUs (Olive leaves that one in models/unoptimized), or run it with the cuda provider.");
    }

    /// <summary>
    /// Whether memory counts for more than microseconds. With memory patterns, the second run of a shape lays out all its values in a block
    /// of their own beside what the first run took: 2.3 GB more for the full-size UNet, and no faster (docs/performance-full-size.md).
    /// </summary>
    public static bool IsLarge(OnnxModelFile model) => model.ExternalDataPaths
        .Append(RealPath.Of(model.Path))
        .Sum(file => new FileInfo(file) is { Exists: true, Length: var length } ? length : 0) >= LargeModelBytes;

    private static SessionOptions CreateOptions(OnnxModelFile model, ProviderSettings provider)
    {
        SessionOptions options = provider.CreateOptions(model.HoldsHalfPrecision);
        if (IsLarge(model)) options.EnableMemoryPattern = false;
        if (QuantizationRecord.Of(model) is not null && WholeNumberProducts.Saturate) options.AddSessionConfigEntry("session.x64quantprecision", "1");
        return options;
    }

    private static InferenceSession LoadFromMemory(OnnxModelFile model, SessionOptions options)
    {
        (byte[] bytes, string folder) = model.ForSession();
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        return new InferenceSession(bytes, options);
    }
}
