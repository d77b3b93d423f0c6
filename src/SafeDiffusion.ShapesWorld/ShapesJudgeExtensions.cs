using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.ShapesWorld;

/// <summary>Makes the shapes model's exact judge known to suites.</summary>
public static class ShapesJudgeExtensions
{
    /// <summary>The catalogue with <c>"type": "shapes"</c>.</summary>
    public static JudgeCatalogue AddShapes(this JudgeCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return catalogue.Add<ShapesJudgeSettings>("shapes");
    }
}
