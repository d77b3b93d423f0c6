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
/// </remarks>
public static class AutogradLibrary
{
    private const string Library = "libLibTorchSharp.so";
    private static readonly Lock _lock = new();
    private static bool _isLoaded;

    /// <summary>Loads the library once per process.</summary>
    /// <exception cref="AutogradNotAvailableException">It is not there, or this system cannot load it; the message says what to add.</exception>
    public static void Load()
    {
        lock (_lock)
        {
            if (_isLoaded) return;
            if (OperatingSystem.IsLinux()) Prepare();
            RequireWorking();
            _isLoaded = true;
        }
    }

    /// <summary>Loads by path what TorchSharp would look for by name, so that it finds it loaded.</summary>
    private static void Prepare()
    {
        // Idle threads that spin take the processor from everybody else, and a tiny model's work is done before they pay.
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) SetForNativeCode("OMP_WAIT_POLICY", "passive");
        if (Folder() is not { } folder) return;
        string library = Path.Combine(folder, Library);
        if (!NativeLibrary.TryLoad(Path.Combine(folder, "libtorch.so"), out _)) return;
        try
        {
            NativeLibrary.Load(library);
        }
        catch (DllNotFoundException error) when (error.Message.Contains(CompatibleCopy.MissingVersion, StringComparison.Ordinal))
        {
            NativeLibrary.Load(CompatibleCopy.Of(library, CompatibleCopy.CacheFolder()));
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
