namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>Where baking stands; reported before each weight, and once all are done.</summary>
/// <param name="Weight">The weight that is multiplied next; empty once all are.</param>
/// <param name="Done">Weights that are done.</param>
/// <param name="Total">Weights in all.</param>
public sealed record BakingProgress(string Weight, int Done, int Total);
