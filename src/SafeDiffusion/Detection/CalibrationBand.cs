namespace SafeDiffusion.Detection;

/// <summary>How scores become a map from 0 to 1 in a band of timesteps: <c>clamp((score - floor) / (ceiling - floor), 0, 1)</c>.</summary>
/// <param name="FromTimestep">The band's first timestep, the least noisy; it ends below the next band's.</param>
/// <param name="Floor">The score that reads as 0.</param>
/// <param name="Ceiling">The score that reads as 1, above <paramref name="Floor"/>.</param>
public readonly record struct CalibrationBand(int FromTimestep, float Floor, float Ceiling);
