using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Sessions;

/// <summary>Makes the options of ONNX Runtime sessions for a provider.</summary>
internal sealed record ProviderSettings(ExecutionProvider Provider, int? Threads)
{
    /// <summary>
    /// Makes session options; the caller disposes them. Memory patterns are off: the second run of a shape would lay out all its values in a
    /// block of their own beside the arena of the first, 2.3 GB more at 512x512 and no faster (docs/performance-full-size.md).
    /// </summary>
    /// <exception cref="ProviderNotAvailableException">The provider is not there, or will not start.</exception>
    public SessionOptions CreateOptions()
    {
        SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, EnableMemoryPattern = false };
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
