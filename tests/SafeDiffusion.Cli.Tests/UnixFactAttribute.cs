namespace SafeDiffusion.Cli;

/// <summary>A test that sends a signal, which Windows does not have.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Windows has no SIGINT.";
    }
}
