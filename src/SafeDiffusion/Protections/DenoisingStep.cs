namespace SafeDiffusion.Protections;

/// <summary>One step of the denoising loop.</summary>
/// <param name="Index">Its number, from 0 at the noisiest.</param>
/// <param name="Timestep">The training timestep that the UNet is asked at.</param>
/// <param name="Count">Steps in all.</param>
public readonly record struct DenoisingStep(int Index, int Timestep, int Count);
