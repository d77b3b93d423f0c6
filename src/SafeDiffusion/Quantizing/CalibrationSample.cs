using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Quantizing;

/// <summary>What the UNet is asked at one point of a picture's way.</summary>
/// <param name="Timestep">The training timestep.</param>
/// <param name="Latents">The latents, <c>[C, H, W]</c>.</param>
/// <param name="Text">The text states.</param>
internal sealed record CalibrationSample(int Timestep, float[] Latents, TextStates Text);
