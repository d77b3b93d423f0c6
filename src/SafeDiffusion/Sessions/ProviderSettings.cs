using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Sessions;

/// <summary>Makes the options of ONNX Runtime sessions for a provider.</summary>
internal sealed record ProviderSettings(ExecutionProvider Provider, int? Threads)
{
    /// <summary>The providers that this process's ONNX Runtime was built with, by its own names.</summary>
    public static IReadOnlyList<string> Built => OrtEnv.Instance().GetAvailableProviders();

    /// <summary>Makes session options; the caller disposes them.</summary>
    /// <exception cref="ProviderNotAvailableException">The provider is not there, or will not start.</exception>
    public SessionOptions CreateOptions()
    {
        SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        if (Threads is { } threads) options.IntraOpNumThreads = threads;
        if (Provider == ExecutionProvider.Cuda) AppendCuda(options);
        return options;
    }

    private static void AppendCuda(SessionOptions options)
    {
        const string Advice = "Build with -p:OnnxRuntimeCuda=true (or reference Microsoft.ML.OnnxRuntime.Gpu) on a machine with an "
            + "NVIDIA driver, CUDA 12 and cuDNN 9, or ask for the CPU.";
        try
        {
            if (!Built.Contains("CUDAExecutionProvider"))
            {
                throw new ProviderNotAvailableException(ExecutionProvider.Cuda, $"this ONNX Runtime was built without it. {Advice}");
            }
            options.AppendExecutionProvider_CUDA();
        }
        catch (OnnxRuntimeException error)
        {
            throw new ProviderNotAvailableException(ExecutionProvider.Cuda, $"{error.Message} {Advice}", error);
        }
        catch (ProviderNotAvailableException)
        {
            options.Dispose();
            throw;
        }
    }
}
