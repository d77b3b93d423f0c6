using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Quantizing;

/// <summary>What the UNet is asked at one point of a picture's way.</summary>
/// <param name="Timestep">The training timestep.</param>
/// <param name="Latents">The latents, <c>[C, H, W]</c>.</param>
/// <param name="Text">The text states.</param>
/// <param name="Weight">The noise's share of the latents' power, 1 - ᾱ of the timestep: where little noise is left to take away, an error in it changes the picture little.</param>
internal sealed record CalibrationSample(int Timestep, float[] Latents, TextStates Text, double Weight);
