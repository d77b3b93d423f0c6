namespace SafeDiffusion.Training.Erasing;

/// <summary>
/// Sets a gate's threshold: above the largest value of every harmless prompt, learned or held out, and from there a part of the way to the
/// least of most held-out prompts with the concept, both as logits. Where the two overlap, a few harmless prompts are let go: one that lies
/// as high as the concept would otherwise shut the gate to a tenth of the concept's prompts.
/// </summary>
internal static class GateCalibration
{
    /// <summary>How far up: nearer to what is harmless, since a concept missed is worse than a picture changed.</summary>
    private const double Part = 0.4;

    /// <summary>What is left above the harmless where the two overlap.</summary>
    private const double Margin = 0.02;

    /// <summary>The share of the concept's prompts that may lie lower than where the way leads.</summary>
    private const double Outliers = 0.02;

    /// <summary>The share of the harmless prompts that may lie higher than the threshold where the two overlap.</summary>
    private const double HarmlessOutliers = 0.005;

    private const double MostLogit = 15;

    /// <summary>The threshold.</summary>
    /// <param name="harmless">The gate's largest value in each harmless prompt.</param>
    /// <param name="concept">The same in held-out prompts with the concept.</param>
    public static float Threshold(IEnumerable<float> harmless, IEnumerable<float> concept)
    {
        double[] without = [.. harmless.Select(Logit).Order()];
        double[] with = [.. concept.Select(Logit).Order()];
        double lowest = with[(int)(Outliers * with.Length)];
        double highest = without[^1] < lowest ? without[^1] : without[^(1 + (int)(HarmlessOutliers * without.Length))];
        double threshold = lowest > highest ? highest + Math.Max(Margin, Part * (lowest - highest)) : highest + Margin;
        return (float)(1 / (1 + Math.Exp(-Math.Min(threshold, MostLogit))));
    }

    private static double Logit(float value) => Math.Clamp(Math.Log(value / (1.0 - value)), -MostLogit, MostLogit);
}
