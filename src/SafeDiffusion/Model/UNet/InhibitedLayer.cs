namespace SafeDiffusion.Model.UNet;

/// <summary>A cross-attention layer in which inhibitors act.</summary>
/// <param name="Index">Its place among all cross-attention layers in the order of evaluation, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="GridFactor">How often its grid goes into the latent grid, each way.</param>
public readonly record struct InhibitedLayer(int Index, string Name, int GridFactor);
