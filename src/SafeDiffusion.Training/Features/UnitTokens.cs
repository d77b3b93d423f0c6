namespace SafeDiffusion.Training.Features;

/// <summary>The unit vectors of the text states' space, as guideline tokens.</summary>
/// <param name="width">Values per token, the model's text width D.</param>
internal sealed class UnitTokens(int width)
{
    public int Width => width;

    /// <summary>The identity matrix, <c>[D, D]</c>.</summary>
    public float[] Embeddings { get; } = Identity(width);

    private static float[] Identity(int width)
    {
        float[] values = new float[width * width];
        for (int i = 0; i < width; i++) values[(i * width) + i] = 1;
        return values;
    }
}
