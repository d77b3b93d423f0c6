namespace SafeDiffusion.FineTuning.Training;

/// <summary>How far a run is.</summary>
/// <param name="Sampled">Trajectories that have been sampled.</param>
/// <param name="Update">Updates that have been taken; 0 while trajectories are sampled.</param>
/// <param name="Updates">Updates in all.</param>
/// <param name="Erase">The last update's erasing loss.</param>
/// <param name="Preserve">The last update's preserving loss, before its weight.</param>
/// <param name="GradientNorm">The last update's gradient norm, before clipping.</param>
public sealed record FineTuningProgress(int Sampled, int Update, int Updates, double Erase, double Preserve, double GradientNorm)
{
    /// <summary>The last update's loss on the retained texts, before its weight; null where there are none.</summary>
    public double? Retain { get; init; }
}
