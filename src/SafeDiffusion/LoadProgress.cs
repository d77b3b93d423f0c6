namespace SafeDiffusion;

/// <summary>Where loading a model stands; reported before each of its networks is loaded, and once all are.</summary>
/// <param name="Network">The network that is loaded next: <c>text_encoder</c>, <c>vae_decoder</c>, <c>vae_encoder</c> or <c>unet</c>; empty once all are.</param>
/// <param name="Done">Networks that are loaded.</param>
/// <param name="Total">Networks in all.</param>
public sealed record LoadProgress(string Network, int Done, int Total);
