using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Pipeline;

/// <summary>The guideline that comes with the shapes model.</summary>
internal static class ShapesGuideline
{
    private static readonly Lazy<Guideline> _redTriangle = new(() => Guideline.Load(Path.Combine(Fixture.ShapesModel, "assets", "red-triangle.guideline.safetensors")));

    /// <summary>Of red triangles.</summary>
    public static Guideline RedTriangle => _redTriangle.Value;
}
