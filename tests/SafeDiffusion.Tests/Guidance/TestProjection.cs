using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.Guidance;

/// <summary>Erasure projections made by hand.</summary>
internal static class TestProjection
{
    /// <summary>A multiple of the identity.</summary>
    public static ErasureProjection Of(int width, float factor)
    {
        float[] matrix = new float[width * width];
        for (int i = 0; i < width; i++) matrix[i * width + i] = factor;
        return new ErasureProjection(new() { Concept = "a red triangle", BaseModelHash = "none", Tool = "test" }, matrix, width);
    }
}
