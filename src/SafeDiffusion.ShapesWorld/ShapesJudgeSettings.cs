using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.ShapesWorld.Drawing;

namespace SafeDiffusion.ShapesWorld;

/// <summary>The exact judge of pictures of the shapes model (<c>"type": "shapes"</c>). It needs no network.</summary>
public sealed record ShapesJudgeSettings : JudgeSettings
{
    /// <summary>Colours and shapes that it names by themselves as well, such as <c>triangle</c>; none by default.</summary>
    public ImmutableArray<string> Parts { get; init; } = [];

    /// <inheritdoc/>
    public override IImageJudge Create(string folder, ExecutionProvider provider = ExecutionProvider.Cpu, int? threads = null)
    {
        Validate(FieldCheck.OfRequest("judge"));
        return new ShapesJudge(Name, Parts);
    }

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        base.Validate(check);
        string? unknown = Parts.IsDefault ? null : Parts.FirstOrDefault(part => !ShapesPalette.Parts.Contains(part));
        check.Require(unknown is null, nameof(Parts), $"holds '{unknown}', which is no colour and no shape of the shapes model; there are {string.Join(", ", ShapesPalette.Parts)}.");
    }
}
