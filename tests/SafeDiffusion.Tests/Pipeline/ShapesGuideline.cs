using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Pipeline;

/// <summary>The guidelines that come with the shapes model.</summary>
internal static class ShapesGuideline
{
    private static readonly Lazy<Guideline> _redTriangle = new(() => Load("red-triangle"));
    private static readonly Lazy<Guideline> _withThresholds = new(() => Load("red-triangle-redraw"));

    /// <summary>Of red triangles.</summary>
    public static Guideline RedTriangle => _redTriangle.Value;

    /// <summary>Of red triangles, learned with redraw thresholds.</summary>
    public static Guideline WithThresholds => _withThresholds.Value;

    /// <summary>Of red triangles, with other redraw thresholds.</summary>
    public static Guideline With(RedrawThresholds thresholds)
    {
        Guideline shipped = RedTriangle;
        return new(shipped.Identity, shipped.Embeddings.ToArray(), shipped.TextWidth, shipped.Background.ToArray(), shipped.Layers, shipped.Calibration) { Redrawing = thresholds };
    }

    /// <summary>Of red triangles, seen everywhere from the first step on, and in the finished picture.</summary>
    public static Guideline Everywhere => With(new([new(999, -1000)], [new(999, -1000)]) { Finished = new(240, -1000) });

    private static Guideline Load(string name) => Guideline.Load(Path.Combine(Fixture.ShapesModel, "assets", $"{name}.guideline.safetensors"));
}
