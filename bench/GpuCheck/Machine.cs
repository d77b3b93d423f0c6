using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace GpuCheck;

/// <summary>What the figures were taken on.</summary>
internal sealed record Machine(string System, int Cores, string DotNet, string OnnxRuntime, string? Gpu)
{
    public static Machine Read() => new(
        RuntimeInformation.OSDescription, Environment.ProcessorCount, RuntimeInformation.FrameworkDescription, OrtEnv.Instance().GetVersionString(),
        Ask("name,driver_version,memory.total"));

    /// <summary>Megabytes of the GPU that are taken; null without one.</summary>
    public static int? UsedMegabytes() => int.TryParse(Ask("memory.used"), out int megabytes) ? megabytes : null;

    private static string? Ask(string query)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("nvidia-smi", ["--id=0", $"--query-gpu={query}", "--format=csv,noheader,nounits"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            string answer = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? answer : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
