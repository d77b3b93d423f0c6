namespace SafeDiffusion.Training;

/// <summary>How far the learning of a guideline is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Pictures or rounds done in this stage.</param>
/// <param name="Total">Pictures or rounds of this stage; learning may stop earlier.</param>
public readonly record struct GuidelineLearningProgress(GuidelineLearningStage Stage, int Done, int Total)
{
    /// <summary>The loss on the checked pictures; null before learning.</summary>
    public double? Loss { get; init; }

    /// <summary>The intersection over union on the checked pictures, at all timesteps; null before learning.</summary>
    public double? Iou { get; init; }
}

/// <summary>The stages of learning.</summary>
public enum GuidelineLearningStage
{
    /// <summary>Pictures are drawn, annotated, and their features kept.</summary>
    Drawing,

    /// <summary>Pictures that were brought along are noised to each timestep and read.</summary>
    Reading,

    /// <summary>The token is learned.</summary>
    Learning,

    /// <summary>The scores are calibrated and the separation is measured.</summary>
    Measuring,
}
