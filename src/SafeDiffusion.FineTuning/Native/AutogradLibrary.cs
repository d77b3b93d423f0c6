using System.Runtime.InteropServices;
using TorchSharp;

namespace SafeDiffusion.FineTuning.Native;

/// <summary>
/// Loads libtorch, the native part of TorchSharp, which the application chooses: <c>TorchSharp-cpu</c>, or one of the CUDA builds. Whatever
/// here computes with tensors calls it first; calling it again costs nothing.
/// </summary>
/// <remarks>
/// On Linux, TorchSharp's own library asks for a version of libstdc++ (<c>GLIBCXX_3.4.32</c>, GCC 13.2) that Debian 12 and Ubuntu 22.04 lack,
/// for a marker that does nothing. There, and only there, a copy without that demand is loaded from the user's cache folder.
/// <para>
/// The environment variable <c>SAFEDIFFUSION_LIBTORCH</c> (Linux) names a folder that libtorch is loaded from in place of the application's
/// own, such as <c>site-packages/torch/lib</c> of a PyTorch with CUDA; its version should be the one that TorchSharp was built for.
/// </para>
/// </remarks>
public static class AutogradLibrary
{
    /// <summary>The environment variable that names another folder of libtorch.</summary>
    public const string FolderVariable = "SAFEDIFFUSION_LIBTORCH";

    private const string Library = "libLibTorchSharp.so";
    private const string Torch = "libtorch.so";
    private static readonly Lock _lock = new();
    private static bool _isLoaded;

    /// <summary>Loads the library once per process.</summary>
    /// <param name="device">What is to compute.</param>
    /// <exception cref="AutogradNotAvailableException">It is not there, this system cannot load it, or it cannot compute on the device; the message says what to add.</exception>
    public static void Load(AutogradDevice device = AutogradDevice.Cpu)
    {
        lock (_lock)
        {
            if (!_isLoaded)
            {
                if (OperatingSystem.IsLinux()) Prepare();
                else if (GivenFolder() is { } given) throw new AutogradNotAvailableException($"{FolderVariable} names {given}, and works on Linux alone. Remove it, and let the system find libtorch.");
                RequireWorking();
                _isLoaded = true;
            }
            if (device == AutogradDevice.Cuda) RequireCuda();
        }
    }

    private static string? GivenFolder() => Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null;

    private static void RequireCuda()
    {
        if (!torch.cuda.is_available())
        {
            throw new AutogradNotAvailableException(
                "computes on no GPU here: it is no CUDA build, or there is no GPU with a driver for it. Reference TorchSharp-cuda-linux or TorchSharp-cuda-windows "
                + $"in place of TorchSharp-cpu, or name the folder of a CUDA build in {FolderVariable}; or compute on the CPU.");
        }
        // As on the CPU: rounded to 10 bits, convolutions would differ in the third digit.
        torch.backends.cudnn.allow_tf32 = false;
    }

    /// <summary>Loads by path what TorchSharp would look for by name, so that it finds it loaded.</summary>
    private static void Prepare()
    {
        // Idle threads that spin take the processor from everybody else, and a tiny model's work is done before they pay.
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) SetForNativeCode("OMP_WAIT_POLICY", "passive");
        if (Folder() is not { } folder) return;
        string library = Path.Combine(folder, Library);
        if (!LoadTorch(folder)) return;
        try
        {
            NativeLibrary.Load(library);
        }
        catch (DllNotFoundException error) when (error.Message.Contains(CompatibleCopy.MissingVersion, StringComparison.Ordinal))
        {
            NativeLibrary.Load(CompatibleCopy.Of(library, CompatibleCopy.CacheFolder()));
        }
    }

    /// <summary>Loads libtorch by its path, so that TorchSharp's own library finds it loaded, by name.</summary>
    private static bool LoadTorch(string folder)
    {
        if (GivenFolder() is not { } given) return NativeLibrary.TryLoad(Path.Combine(folder, Torch), out _);
        string torch = Path.Combine(Path.GetFullPath(given), Torch);
        if (!File.Exists(torch)) throw new AutogradNotAvailableException($"{FolderVariable} names {given}, which holds no {Torch}. Name the folder that does, such as site-packages/torch/lib.");
        try
        {
            NativeLibrary.Load(torch);
            return true;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new AutogradNotAvailableException($"{FolderVariable} names {given}, whose {Torch} cannot be loaded: {error.Message}", error);
        }
    }

    private static void RequireWorking()
    {
        try
        {
            _ = torch.get_num_threads();
        }
        catch (Exception error) when (error is TypeInitializationException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException)
        {
            throw new AutogradNotAvailableException(
                "cannot be loaded. Add the package TorchSharp-cpu (or TorchSharp-cuda-linux, TorchSharp-cuda-windows) of the version of TorchSharp "
                + $"{typeof(torch).Assembly.GetName().Version?.ToString(3)} to the application, which must be built for a system that it supports: linux-x64, win-x64 or osx-arm64.",
                error);
        }
    }

    /// <summary>The folder that holds the native libraries; null where they are not beside the application.</summary>
    private static string? Folder() => Folders().FirstOrDefault(folder => File.Exists(Path.Combine(folder, Library)));

    private static IEnumerable<string> Folders()
    {
        string searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return [.. searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "runtimes", $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", "native")];
    }

    /// <summary>.NET keeps its own copy of the environment, which native code does not see.</summary>
    private static void SetForNativeCode(string name, string value) => _ = SetEnvironment(name, value, 0);

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment(string name, string value, int overwrite);
}
