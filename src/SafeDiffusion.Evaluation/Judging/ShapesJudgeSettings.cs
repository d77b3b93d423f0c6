using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>The exact judge of pictures of the shapes model (<c>"type": "shapes"</c>). It has no settings and needs no network.</summary>
public sealed record ShapesJudgeSettings : JudgeSettings
{
    /// <inheritdoc/>
    public override IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null)
    {
        Validate("judge");
        return new ShapesJudge(Name);
    }
}
