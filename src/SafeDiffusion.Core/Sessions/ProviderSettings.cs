using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Core.Sessions;

/// <summary>Makes the options of ONNX Runtime sessions for a provider.</summary>
public sealed record ProviderSettings(ExecutionProvider Provider, int? Threads)
{
    /// <summary>Makes session options; the caller disposes them.</summary>
    /// <param name="isHalf">Whether they are for a network that holds float16.</param>
    /// <exception cref="ProviderNotAvailableException">The provider is not there, or will not start.</exception>
    public SessionOptions CreateOptions(bool isHalf = false)
    {
        SessionOptions options = Create();
        try
        {
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            options.AddSessionConfigEntry(NodePlacement.ConfigKey, "1");
            if (Threads is { } threads) options.IntraOpNumThreads = threads;
            if (Provider == ExecutionProvider.Cuda) CudaProvider.AppendTo(options, isHalf);
            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    /// <summary>The first call into ONNX Runtime, and so where a missing native library shows.</summary>
    private SessionOptions Create()
    {
        try
        {
            return new SessionOptions();
        }
        catch (TypeInitializationException error)
        {
            throw new ProviderNotAvailableException(Provider, NativeLibraryFault(error), error);
        }
    }

    private static string NativeLibraryFault(TypeInitializationException error) => error.GetBaseException() is DllNotFoundException
        ? "ONNX Runtime's native library is not found. Add the package Microsoft.ML.OnnxRuntime (CPU) or Microsoft.ML.OnnxRuntime.Gpu (CUDA) to the application."
        : "ONNX Runtime's native library does not fit Microsoft.ML.OnnxRuntime.Managed. Use one version of it and of Microsoft.ML.OnnxRuntime or Microsoft.ML.OnnxRuntime.Gpu: "
            + error.GetBaseException().Message;
}
