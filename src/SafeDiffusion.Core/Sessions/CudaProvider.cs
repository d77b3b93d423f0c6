using Microsoft.ML.OnnxRuntime;

namespace SafeDiffusion.Core.Sessions;

/// <summary>
/// ONNX Runtime's CUDA provider. That it is listed says no more than that its package is there, and its own errors leave out the reason;
/// so what it needs is looked for first, and an error names all that is missing.
/// </summary>
internal static class CudaProvider
{
    public const string Name = "CUDAExecutionProvider";
    private const string CpuPackage = "Microsoft.ML.OnnxRuntime";
    private const string GpuPackage = "Microsoft.ML.OnnxRuntime.Gpu";

    /// <exception cref="ProviderNotAvailableException">The provider is not there, or will not start.</exception>
    public static void AppendTo(SessionOptions options, bool isHalf)
    {
        RequirePackage();
        if (CudaLibraries.Missing() is { Count: > 0 } missing) throw NotAvailable(string.Join(" ", missing));
        try
        {
            using OrtCUDAProviderOptions cuda = new();
            // A float32 network computes in float32, as on the CPU: TensorFloat-32 would keep 10 of 23 bits. In a float16 one the setting only
            // makes cuDNN refuse its best convolutions, one line of the console each.
            cuda.UpdateOptions(new() { ["use_tf32"] = isHalf ? "1" : "0" });
            options.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException error)
        {
            throw NotAvailable(Reason(error), error);
        }
    }

    public static ProviderNotAvailableException NotAvailable(string reason, Exception? error = null) => new(ExecutionProvider.Cuda, reason, error);

    /// <summary>Of two packages that bring a file of the same name, NuGet takes the CPU's, and says nothing.</summary>
    private static void RequirePackage()
    {
        if (OrtEnv.Instance().GetAvailableProviders().Contains(Name)) return;
        throw NotAvailable(FindLibrary() is null
            ? $"ONNX Runtime's native library is the one for the CPU. Refer to the package {GpuPackage} in place of {CpuPackage}, or ask for the CPU."
            : $"both {CpuPackage} and {GpuPackage} are referred to, and the native library of the former has won. Remove the package {CpuPackage} from the application and its dependencies.");
    }

    /// <summary>Registering the provider's library tells what appending it only writes to the console.</summary>
    private static string Reason(OnnxRuntimeException error)
    {
        if (FindLibrary() is not { } library) return error.Message;
        try
        {
            OrtEnv.Instance().RegisterExecutionProviderLibrary(Name, library);
            OrtEnv.Instance().UnregisterExecutionProviderLibrary(Name);
            return error.Message;
        }
        catch (OnnxRuntimeException detailed)
        {
            return detailed.Message;
        }
    }

    /// <summary>Natives lie beside the application where it is published for one platform, and in <c>runtimes/&lt;rid&gt;/native</c> otherwise.</summary>
    private static string? FindLibrary()
    {
        string name = OperatingSystem.IsWindows() ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
        string searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }
}
