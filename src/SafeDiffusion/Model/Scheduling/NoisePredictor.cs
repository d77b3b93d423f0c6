namespace SafeDiffusion.Model.Scheduling;

/// <summary>Asks the model for a prediction, of noise or velocity as the schedule says.</summary>
/// <param name="latents">The latents, any length.</param>
/// <param name="timestep">The timestep to tell the model, 0 to T - 1.</param>
/// <param name="prediction">Takes the prediction, of the same length.</param>
internal delegate void NoisePredictor(ReadOnlySpan<float> latents, int timestep, Span<float> prediction);
