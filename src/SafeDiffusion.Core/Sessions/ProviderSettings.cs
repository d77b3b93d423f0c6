using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Core.Sessions;

/// <summary>Makes the options of ONNX Runtime sessions for a provider.</summary>
public sealed record ProviderSettings(ExecutionProvider Provider, int? Threads)
{
    /// <summary>Makes session options; the caller disposes them.</summary>
    /// <exception cref="ProviderNotAvailableException">The provider is not there, or will not start.</exception>
    public SessionOptions CreateOptions()
    {
        SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        try
        {
            if (Threads is { } threads) options.IntraOpNumThreads = threads;
            if (Provider == ExecutionProvider.Cuda) CudaProvider.AppendTo(options);
            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }
}
