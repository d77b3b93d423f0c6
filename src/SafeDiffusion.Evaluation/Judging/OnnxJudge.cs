namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Placeholder.</summary>
internal static class OnnxJudge
{
    public static IImageJudge Load(JudgeSettings settings, string folder, ExecutionProvider provider, int? threads) => throw new NotSupportedException($"{settings} {folder} {provider} {threads}");
}
