namespace SafeDiffusion.Evaluation.Suites;

/// <summary>How every picture of a suite is drawn.</summary>
public sealed record SuiteSettings
{
    /// <summary>Denoising steps, at least 1.</summary>
    public int Steps { get; init; } = GenerationRequest.DefaultSteps;

    /// <summary>The guidance scale, at least 1.</summary>
    public float GuidanceScale { get; init; } = GenerationRequest.DefaultGuidanceScale;

    /// <summary>DDIM's eta, 0 to 1.</summary>
    public float Eta { get; init; }

    /// <summary>The width in pixels; null for the model's own.</summary>
    public int? Width { get; init; }

    /// <summary>The height in pixels; null for the model's own.</summary>
    public int? Height { get; init; }
}
