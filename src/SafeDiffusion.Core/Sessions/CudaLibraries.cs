using System.Runtime.InteropServices;

namespace SafeDiffusion.Core.Sessions;

/// <summary>What ONNX Runtime's CUDA provider needs of the machine, looked for by name: the driver with a device, CUDA 13 and cuDNN 9.</summary>
internal static class CudaLibraries
{
    private const int LeastDriver = 13000;

    /// <summary>Their names: the driver, then CUDA's, then cuDNN's.</summary>
    private static readonly (string Driver, string[] Cuda, string Cudnn) _names = OperatingSystem.IsWindows()
        ? ("nvcuda.dll", ["cudart64_13.dll", "cublas64_13.dll", "cublasLt64_13.dll", "curand64_10.dll"], "cudnn64_9.dll")
        : ("libcuda.so.1", ["libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13", "libcurand.so.10"], "libcudnn.so.9");

    private static string SearchPath => OperatingSystem.IsWindows() ? "PATH" : "LD_LIBRARY_PATH";

    /// <summary>What is missing, as sentences that say what to do; none where all is there. Everything is named at once, so that nobody finds it piece by piece.</summary>
    public static IReadOnlyList<string> Missing()
    {
        List<string> missing = [];
        if (DriverFault() is { } fault) missing.Add(fault);
        string[] cuda = [.. _names.Cuda.Where(name => !Loads(name))];
        if (cuda.Length > 0)
            missing.Add($"CUDA 13 is not found ({string.Join(", ", cuda)}): install it, or put its folder into {SearchPath}.");
        if (!Loads(_names.Cudnn))
            missing.Add($"cuDNN 9 for CUDA 13 is not found ({_names.Cudnn}): install it, or put its folder into {SearchPath}.");
        return missing;
    }

    private static string? DriverFault()
    {
        if (!NativeLibrary.TryLoad(_names.Driver, out nint driver)) return $"no NVIDIA driver is found ({_names.Driver}).";
        // The driver is asked, since the provider itself notices a missing device only once a network is loaded.
        if (Call(driver, "cuInit", 0) is not 0 and var code) return $"the NVIDIA driver finds no device (cuInit returned {code}).";
        if (Read(driver, "cuDeviceGetCount") is null or 0) return "the NVIDIA driver finds no device.";
        return Read(driver, "cuDriverGetVersion") is { } version && version < LeastDriver
            ? $"the NVIDIA driver is for CUDA {version / 1000}.{version % 1000 / 10} and older: install one for CUDA 13."
            : null;
    }

    private static bool Loads(string name) => NativeLibrary.TryLoad(name, out _);

    private static unsafe int Call(nint library, string function, uint argument) =>
        ((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(library, function))(argument);

    private static unsafe int? Read(nint library, string function)
    {
        int value;
        return ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(library, function))(&value) == 0 ? value : null;
    }
}
