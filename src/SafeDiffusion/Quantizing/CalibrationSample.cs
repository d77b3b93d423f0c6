using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Quantizing;

/// <summary>What a network is asked at one point of a picture's way.</summary>
/// <param name="Timestep">The training timestep; 0 for the VAE decoder, which is asked at the end.</param>
/// <param name="Latents">The latents, <c>[C, H, W]</c>, as the network reads them.</param>
/// <param name="Text">The text states; null for the VAE decoder.</param>
/// <param name="Weight">The noise's share of the latents' power, 1 - ᾱ of the timestep: where little noise is left to take away, an error in it changes the picture little. 1 for the VAE decoder.</param>
internal sealed record CalibrationSample(int Timestep, float[] Latents, TextStates? Text, double Weight);
