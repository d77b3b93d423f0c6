namespace SafeDiffusion.Detection;

/// <summary>Detection scores of finished pictures, as policies that detect read them in their look at these.</summary>
/// <param name="Timestep">The training timestep that the pictures were noised to.</param>
/// <param name="Scores">The raw scores of each picture, <c>[K, H, W]</c> for K tokens.</param>
public sealed record FinishedScores(int Timestep, IReadOnlyList<ReadOnlyMemory<float>> Scores);
