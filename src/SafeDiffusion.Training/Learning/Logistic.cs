namespace SafeDiffusion.Training.Learning;

/// <summary>The logistic function and its cross-entropy, without overflow.</summary>
internal static class Logistic
{
    /// <summary><c>σ(z) = 1 / (1 + exp(-z))</c>.</summary>
    public static double Of(double z) => z >= 0 ? 1 / (1 + Math.Exp(-z)) : Math.Exp(z) / (1 + Math.Exp(z));

    /// <summary><c>-[y log σ(z) + (1 - y) log(1 - σ(z))]</c>.</summary>
    public static double CrossEntropy(double z, double y) => Math.Max(z, 0) - (y * z) + Math.Log(1 + Math.Exp(-Math.Abs(z)));
}
