using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Model.Loading;

/// <summary>Puts together what a model is from its configuration files and graphs; what both say must agree.</summary>
internal sealed class ModelDescriptionBuilder(ModelFolder folder, OnnxModelFile unetFile, UNetSignature signature, LoadedModel model)
{
    /// <summary>The largest latent size that is believed.</summary>
    public const int MaxLatentSize = 1024;

    private const int MaxFactor = 64;

    /// <summary>Stable Diffusion v1's own, for models whose VAE configuration does not say (spec of the format).</summary>
    private const float DefaultScalingFactor = 0.18215f;

    private readonly NetworkConfig _unet = folder.LoadConfig("unet");
    private readonly NetworkConfig _vae = folder.LoadConfig("vae_decoder");

    /// <exception cref="InvalidFileException">The files contradict each other, or leave something open.</exception>
    public ModelDescription Build(SchedulerSettings scheduler)
    {
        int channels = Channels();
        int factor = Factor(channels);
        (int latentHeight, int latentWidth) = _unet.Size("sample_size", 1, MaxLatentSize)
            ?? (signature.FixedHeight is { } fixedHeight ? (fixedHeight, fixedHeight) : null as (int, int)?)
            ?? throw new InvalidFileException(unetFile.Path, "does not fix the latent size, and unet/config.json with sample_size is missing.");
        RequireTextWidth();
        return new ModelDescription
        {
            Name = folder.Name,
            Folder = folder.Path,
            LatentChannels = channels,
            VaeFactor = factor,
            VaeScalingFactor = _vae.PositiveNumber("scaling_factor") ?? folder.LoadConfig("vae_encoder").PositiveNumber("scaling_factor") ?? DefaultScalingFactor,
            Width = (signature.FixedWidth ?? latentWidth) * factor,
            Height = (signature.FixedHeight ?? latentHeight) * factor,
            SizeMultiple = factor << Downsamplings(),
            HasFixedSize = signature.FixedWidth is not null || signature.FixedHeight is not null,
            Tokens = model.TextEncoder.Tokenizer.MaxLength,
            PadToken = model.TextEncoder.Tokenizer.PadToken,
            TextWidth = model.TextEncoder.Width,
            HasVaeEncoder = model.Encoder is not null,
            Scheduler = scheduler,
        };
    }

    private int Channels()
    {
        int?[] stated = [signature.Channels, model.Decoder.Channels, _unet.Integer("in_channels", 1, 64), _vae.Integer("latent_channels", 1, 64)];
        int[] values = [.. stated.OfType<int>().Distinct()];
        return values switch
        {
            [int channels] => channels,
            [] => throw new InvalidFileException(unetFile.Path, "neither the graphs nor the configuration files state the number of latent channels."),
            _ => throw new InvalidFileException(
                unetFile.Path, $"UNet and VAE disagree on the latent channels ({string.Join(", ", values)}); an inpainting model is not supported."),
        };
    }

    private int Factor(int channels)
    {
        int factor = _vae.ListLength("block_out_channels") is { } blocks ? 1 << blocks - 1
            : model.Decoder.StatedFactor ?? model.Decoder.MeasureFactor(channels);
        if (factor is >= 1 and <= MaxFactor) return factor;
        throw new InvalidFileException(Path.Combine(folder.Path, "vae_decoder"), $"makes {factor} pixels of a latent on a side; 1 to {MaxFactor} is needed.");
    }

    /// <summary>Each halving of the UNet's grid must come out even, because the graph doubles it again on the way up.</summary>
    private int Downsamplings()
    {
        int halvings = _unet.ListLength("block_out_channels") - 1
            ?? unetFile.OperatorCounts.GetValueOrDefault("Resize") + unetFile.OperatorCounts.GetValueOrDefault("Upsample");
        if (halvings is >= 0 and <= 8) return halvings;
        throw new InvalidFileException(unetFile.Path, $"halves its grid {halvings} times; at most 8 is understood.");
    }

    private void RequireTextWidth()
    {
        if (signature.TextWidth is not { } width || width == model.TextEncoder.Width) return;
        throw new InvalidFileException(
            unetFile.Path, $"takes text states of width {width}, but the text encoder gives {model.TextEncoder.Width}. Are they of one model?");
    }
}
