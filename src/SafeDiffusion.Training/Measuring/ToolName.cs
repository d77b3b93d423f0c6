namespace SafeDiffusion.Training.Measuring;

/// <summary>What learned assets call what made them.</summary>
internal static class ToolName
{
    public static string Text { get; } = $"SafeDiffusion {typeof(ToolName).Assembly.GetName().Version!.ToString(3)}";
}
