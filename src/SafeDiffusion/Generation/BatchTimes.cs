namespace SafeDiffusion.Generation;

/// <summary>What a batch of requests cost together.</summary>
internal sealed class BatchTimes
{
    /// <summary>Time for the text encoder, and the VAE encoder where a picture was given.</summary>
    public TimeSpan Text { get; init; }

    /// <summary>Time for the denoising loop.</summary>
    public TimeSpan Denoising { get; set; }

    /// <summary>The loop's share spent inside the UNet.</summary>
    public TimeSpan UNet { get; set; }

    /// <summary>Time for the VAE decoder.</summary>
    public TimeSpan Decoding { get; set; }

    /// <summary>Time to look at finished pictures, VAE encoder and UNet.</summary>
    public TimeSpan Looking { get; set; }

    /// <summary>UNet rows evaluated.</summary>
    public long Rows { get; set; }
}
