using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model.Scheduling;

namespace SafeDiffusion.Model;

/// <summary>What a loaded model is, as its files say.</summary>
public sealed record ModelDescription
{
    /// <summary>The model folder's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model folder's full path.</summary>
    public required string Folder { get; init; }

    /// <summary>Channels of the latents, 4 for Stable Diffusion v1.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Pixels per latent on a side, 8 for Stable Diffusion v1.</summary>
    public required int VaeFactor { get; init; }

    /// <summary>What the autoencoder's latents are multiplied by for the UNet, 0.18215 for Stable Diffusion v1.</summary>
    public required float VaeScalingFactor { get; init; }

    /// <summary>The width in pixels that the model was made for; 512, Stable Diffusion v1's, where its files do not say.</summary>
    public required int Width { get; init; }

    /// <summary>The height in pixels that the model was made for; 512 where its files do not say.</summary>
    public required int Height { get; init; }

    /// <summary>Width and height in pixels are multiples of this; 64 for Stable Diffusion v1.</summary>
    public required int SizeMultiple { get; init; }

    /// <summary>Whether the UNet's or the VAE decoder's graph allows no size but <see cref="Width"/> by <see cref="Height"/>.</summary>
    public required bool HasFixedSize { get; init; }

    /// <summary>Token positions of a text, 77 for Stable Diffusion v1.</summary>
    public required int Tokens { get; init; }

    /// <summary>The id of the token that fills a text up.</summary>
    public required int PadToken { get; init; }

    /// <summary>Values per token in the text states, 768 for Stable Diffusion v1.</summary>
    public required int TextWidth { get; init; }

    /// <summary>Whether the model can start from a picture.</summary>
    public required bool HasVaeEncoder { get; init; }

    /// <summary>Where the sizes were found.</summary>
    public required ModelSources Sources { get; init; }

    /// <summary>The text erasures that the UNet's weights hold, as its metadata says; null where it says nothing of any.</summary>
    public BakedErasures? Baked { get; init; }

    /// <summary>How much of the UNet runs in 8-bit whole numbers, as its metadata says; null where it says nothing of it.</summary>
    public QuantizationRecord? Quantization { get; init; }

    /// <summary>How much of the VAE decoder runs in 8-bit whole numbers; its hashes are of the decoder's weights alone. Null where its metadata says nothing of it.</summary>
    public QuantizationRecord? DecoderQuantization { get; init; }

    /// <summary>The noise schedule.</summary>
    public required SchedulerSettings Scheduler { get; init; }

    /// <summary>The training timesteps at which a run of so many steps asks the UNet, falling.</summary>
    /// <exception cref="InvalidRequestException">The number of steps does not fit the schedule.</exception>
    public ImmutableArray<int> Timesteps(int steps) => new DdimScheduler(Scheduler).CreatePlan(steps).Timesteps;
}
