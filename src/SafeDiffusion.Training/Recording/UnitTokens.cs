namespace SafeDiffusion.Training.Recording;

/// <summary>The unit vectors of the text states' space, as guideline tokens.</summary>
internal static class UnitTokens
{
    /// <summary>The identity matrix, <c>[D, D]</c>.</summary>
    /// <param name="width">Values per token, the model's text width D.</param>
    public static float[] Of(int width)
    {
        float[] values = new float[width * width];
        for (int i = 0; i < width; i++) values[(i * width) + i] = 1;
        return values;
    }
}
