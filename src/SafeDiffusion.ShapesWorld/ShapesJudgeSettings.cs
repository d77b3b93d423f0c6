using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.ShapesWorld;

/// <summary>The exact judge of pictures of the shapes model (<c>"type": "shapes"</c>). It has no settings and needs no network.</summary>
public sealed record ShapesJudgeSettings : JudgeSettings
{
    /// <inheritdoc/>
    public override IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null)
    {
        Validate(FieldCheck.OfRequest("judge"));
        return new ShapesJudge(Name);
    }
}
