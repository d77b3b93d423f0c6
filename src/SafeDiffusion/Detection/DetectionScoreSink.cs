namespace SafeDiffusion.Detection;

/// <summary>Takes the raw detection scores that were read at one of several timesteps.</summary>
/// <param name="index">The timestep's place in the list that was asked for.</param>
/// <param name="scores">The scores, <c>[K, H, W]</c> on the latent grid; hold until the call returns.</param>
public delegate void DetectionScoreSink(int index, ReadOnlySpan<float> scores);
