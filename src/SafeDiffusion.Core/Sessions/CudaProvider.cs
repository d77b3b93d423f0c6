using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Core.Sessions;

/// <summary>
/// ONNX Runtime's CUDA provider: built into the runtime (its GPU package), or a library beside it that is registered when it is first
/// asked for.
/// </summary>
internal static class CudaProvider
{
    private const string Name = "CUDAExecutionProvider";
    private const string Advice = "Build with -p:OnnxRuntimeCuda=true (or refer to the package Microsoft.ML.OnnxRuntime.Gpu) and run on a machine "
        + "with an NVIDIA driver, CUDA and cuDNN, or ask for the CPU.";

    private static readonly Lock _lock = new();

    /// <exception cref="ProviderNotAvailableException">The provider is not there, or will not start.</exception>
    public static void AppendTo(SessionOptions options)
    {
        try
        {
            if (OrtEnv.Instance().GetAvailableProviders().Contains(Name)) options.AppendExecutionProvider_CUDA();
            else options.AppendExecutionProvider(OrtEnv.Instance(), [Device()], new Dictionary<string, string>());
        }
        catch (OnnxRuntimeException error)
        {
            throw new ProviderNotAvailableException(ExecutionProvider.Cuda, $"{error.Message} {Advice}", error);
        }
    }

    /// <summary>The first CUDA device, once the provider's library is registered.</summary>
    private static OrtEpDevice Device()
    {
        lock (_lock)
        {
            if (FindDevice() is { } registered) return registered;
            string library = FindLibrary() ?? throw new ProviderNotAvailableException(ExecutionProvider.Cuda, $"its library is not beside ONNX Runtime's. {Advice}");
            OrtEnv.Instance().RegisterExecutionProviderLibrary(Name, library);
            return FindDevice() ?? throw new ProviderNotAvailableException(ExecutionProvider.Cuda, $"it finds no device. {Advice}");
        }
    }

    private static OrtEpDevice? FindDevice() => OrtEnv.Instance().GetEpDevices().FirstOrDefault(device => device.EpName == Name);

    private static string? FindLibrary()
    {
        string name = OperatingSystem.IsWindows() ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
        string path = Path.Combine(AppContext.BaseDirectory, name);
        return File.Exists(path) ? path : null;
    }
}
