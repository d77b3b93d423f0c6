namespace SafeDiffusion.Pipeline.Layouts;

/// <summary>A test that makes symbolic links, which Windows allows administrators alone.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinkFactAttribute : FactAttribute
{
    public LinkFactAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Windows makes links for administrators alone.";
    }
}
