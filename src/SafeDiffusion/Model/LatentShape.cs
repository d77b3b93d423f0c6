namespace SafeDiffusion.Model;

/// <summary>The shape of one picture's latents.</summary>
/// <param name="Channels">Channels, 4 for Stable Diffusion v1.</param>
/// <param name="Height">Rows of the latent grid.</param>
/// <param name="Width">Columns of the latent grid.</param>
public readonly record struct LatentShape(int Channels, int Height, int Width)
{
    /// <summary>Values in one picture's latents.</summary>
    public int Length => checked(Channels * Height * Width);

    /// <inheritdoc/>
    public override string ToString() => $"[{Channels}, {Height}, {Width}]";
}
