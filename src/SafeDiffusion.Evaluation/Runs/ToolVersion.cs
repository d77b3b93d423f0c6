using System.Reflection;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>The tool and its version, as in reports.</summary>
internal static class ToolVersion
{
    public static string Text { get; } = "SafeDiffusion "
        + typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
