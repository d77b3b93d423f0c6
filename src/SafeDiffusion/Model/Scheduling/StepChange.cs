namespace SafeDiffusion.Model.Scheduling;

/// <summary>A denoising step as it acts on differences: <c>x' = Latents x + Prediction e</c>.</summary>
/// <param name="Latents">What a difference in the latents is multiplied by.</param>
/// <param name="Prediction">What a difference in the prediction is multiplied by; not 0 but in a step to the same level.</param>
internal readonly record struct StepChange(float Latents, float Prediction);
