namespace SafeDiffusion.Core.Errors;

/// <summary>A network failed while it ran, or gave values that are not finite.</summary>
public sealed class InferenceException : SafeDiffusionException
{
    /// <summary>Makes the error.</summary>
    /// <param name="network">The network: <c>text_encoder</c>, <c>unet</c>, <c>vae_encoder</c> or <c>vae_decoder</c>.</param>
    /// <param name="reason">What happened.</param>
    /// <param name="step">The denoising step, where the network is the UNet.</param>
    /// <param name="innerException">The error underneath, where there is one.</param>
    public InferenceException(string network, string reason, int? step = null, Exception? innerException = null)
        : base(step is null ? $"{network}: {reason}" : $"{network}, step {step}: {reason}", innerException)
    {
        Network = network;
        Step = step;
    }

    /// <summary>The network that failed.</summary>
    public string Network { get; }

    /// <summary>The denoising step, counted from 0, where the network is the UNet.</summary>
    public int? Step { get; }
}
