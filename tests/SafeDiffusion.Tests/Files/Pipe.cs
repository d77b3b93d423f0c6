using System.Diagnostics;

namespace SafeDiffusion.Files;

/// <summary>Named pipes, which Unix alone has in the file system.</summary>
internal static class Pipe
{
    public static void Create(string path)
    {
        using Process process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
