using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Model.Loading;

/// <summary>
/// Puts together what a model is from its graphs, weights and configuration files, and takes Stable Diffusion v1's own where all are silent;
/// what several of them say must agree.
/// </summary>
internal sealed class ModelDescriptionBuilder(ModelFolder folder, ModelGraphs graphs, UNetSignature signature, LoadedModel model)
{
    /// <summary>The largest latent size that is believed.</summary>
    public const int MaxLatentSize = 1024;

    private const int MaxFactor = 64;

    /// <summary>Stable Diffusion v1's own, for models whose VAE configuration does not say (spec of the format).</summary>
    private const float DefaultScalingFactor = 0.18215f;

    private const int DefaultChannels = 4;
    private const int DefaultSize = 512;

    private readonly NetworkConfig _unet = folder.LoadConfig("unet");
    private readonly NetworkConfig _vae = folder.LoadConfig("vae_decoder");

    /// <exception cref="InvalidFileException">The files contradict each other.</exception>
    public ModelDescription Build(SchedulerSettings scheduler)
    {
        (int channels, FactSource channelsFrom) = Channels();
        (int factor, FactSource factorFrom) = Factor(channels);
        (float scaling, FactSource scalingFrom) = ScalingFactor();
        int multiple = factor << Downsamplings();
        (int width, int height, bool isFixed, FactSource sizeFrom) = Size(factor, multiple);
        RequireTextStates();
        return new ModelDescription
        {
            Name = folder.Name,
            Folder = folder.Path,
            LatentChannels = channels,
            VaeFactor = factor,
            VaeScalingFactor = scaling,
            Width = width,
            Height = height,
            SizeMultiple = multiple,
            HasFixedSize = isFixed,
            Tokens = model.TextEncoder.Tokenizer.MaxLength,
            PadToken = model.TextEncoder.Tokenizer.PadToken,
            TextWidth = model.TextEncoder.Width,
            HasVaeEncoder = model.Encoder is not null,
            Sources = new ModelSources
            {
                LatentChannels = channelsFrom,
                Size = sizeFrom,
                TextWidth = model.TextEncoder.StatesWidth ? FactSource.Graph : FactSource.Measured,
                VaeFactor = factorFrom,
                VaeScalingFactor = scalingFrom,
            },
            Baked = BakedErasures.Of(graphs.UNet),
            Quantization = QuantizationRecord.Of(graphs.UNet),
            DecoderQuantization = QuantizationRecord.Of(graphs.Decoder),
            Scheduler = scheduler,
        };
    }

    private (int, FactSource) Channels()
    {
        int?[] stated = [signature.Channels, model.Decoder.Channels];
        bool isStated = stated.Any(channels => channels is not null);
        int?[] weighed = isStated ? [] : [NetworkSizes.Channels(graphs.UNet, signature.Sample), NetworkSizes.Channels(graphs.Decoder, model.Decoder.Input)];
        int?[] configured = [_unet.Integer("in_channels", 1, 64), _vae.Integer("latent_channels", 1, 64)];
        int[] values = [.. stated.Concat(weighed).Concat(configured).OfType<int>().Distinct()];
        FactSource source = isStated ? FactSource.Graph : weighed.Any(channels => channels is not null) ? FactSource.Weights : FactSource.Configuration;
        return values switch
        {
            [int channels] => (channels, source),
            [] => (DefaultChannels, FactSource.Default),
            _ => throw new InvalidFileException(
                graphs.UNet.Path, $"UNet and VAE disagree on the latent channels ({string.Join(", ", values)}); an inpainting model is not supported."),
        };
    }

    private (int, FactSource) Factor(int channels)
    {
        (int factor, FactSource source) = _vae.ListLength("block_out_channels") is { } blocks ? (1 << blocks - 1, FactSource.Configuration)
            : model.Decoder.StatedFactor is { } stated ? (stated, FactSource.Graph)
            : (model.Decoder.MeasureFactor(channels), FactSource.Measured);
        if (factor is >= 1 and <= MaxFactor) return (factor, source);
        throw new InvalidFileException(Path.Combine(folder.Path, "vae_decoder"), $"makes {factor} pixels of a latent on a side; 1 to {MaxFactor} is needed.");
    }

    private (float, FactSource) ScalingFactor() =>
        (_vae.PositiveNumber("scaling_factor") ?? folder.LoadConfig("vae_encoder").PositiveNumber("scaling_factor")) is { } configured
            ? (configured, FactSource.Configuration)
            : (DefaultScalingFactor, FactSource.Default);

    private (int Width, int Height, bool IsFixed, FactSource Source) Size(int factor, int multiple)
    {
        int? width = Agreed("width", signature.FixedWidth, model.Decoder.FixedWidth);
        int? height = Agreed("height", signature.FixedHeight, model.Decoder.FixedHeight);
        (int Height, int Width)? configured = _unet.Size("sample_size", 1, MaxLatentSize);
        FactSource source = width is not null || height is not null ? FactSource.Graph : configured is not null ? FactSource.Configuration : FactSource.Default;
        // A graph that fixes one side was made for squares where nothing says otherwise.
        int usual = (width ?? height) * factor ?? Math.Max(multiple, DefaultSize / multiple * multiple);
        return ((width ?? configured?.Width) * factor ?? usual, (height ?? configured?.Height) * factor ?? usual, source == FactSource.Graph, source);
    }

    private int? Agreed(string side, int? ofUNet, int? ofDecoder)
    {
        if (ofUNet is null || ofDecoder is null || ofUNet == ofDecoder) return ofUNet ?? ofDecoder;
        throw new InvalidFileException(graphs.Decoder.Path, $"fixes the latents' {side} at {ofDecoder}, and the UNet at {ofUNet}. Export both for one size, or with open sizes.");
    }

    /// <summary>Each halving of the UNet's grid must come out even, because the graph doubles it again on the way up.</summary>
    private int Downsamplings()
    {
        int halvings = _unet.ListLength("block_out_channels") - 1
            ?? graphs.UNet.OperatorCounts.GetValueOrDefault("Resize") + graphs.UNet.OperatorCounts.GetValueOrDefault("Upsample");
        if (halvings is >= 0 and <= 8) return halvings;
        throw new InvalidFileException(graphs.UNet.Path, $"halves its grid {halvings} times; at most 8 is understood.");
    }

    private void RequireTextStates()
    {
        int tokens = model.TextEncoder.Tokenizer.MaxLength;
        if (signature.Tokens is { } positions && positions != tokens)
            throw new InvalidFileException(graphs.UNet.Path, $"takes texts of {positions} tokens, but the tokenizer gives {tokens}. Are they of one model?");
        if ((signature.TextWidth ?? NetworkSizes.TextWidth(graphs.UNet)) is not { } width || width == model.TextEncoder.Width) return;
        throw new InvalidFileException(
            graphs.UNet.Path, $"takes text states of width {width}, but the text encoder gives {model.TextEncoder.Width}. Are they of one model?");
    }
}

/// <summary>The graphs that say what a model is.</summary>
/// <param name="UNet">The UNet, as its file has it.</param>
/// <param name="Decoder">The VAE decoder.</param>
internal sealed record ModelGraphs(OnnxModelFile UNet, OnnxModelFile Decoder);
