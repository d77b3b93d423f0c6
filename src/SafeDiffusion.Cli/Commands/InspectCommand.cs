using System.CommandLine;
using System.Globalization;
using SafeDiffusion.Checking;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion inspect</c>: shows what a model folder holds, and whether it can be used.</summary>
internal sealed class InspectCommand : Command
{
    private static readonly string[] _networks = ["text_encoder", "unet", "vae_decoder", "vae_encoder", "safety_checker"];
    private readonly ModelOptions _model = new();

    public InspectCommand() : base("inspect", "Show what a model folder holds, and whether it can be used.")
    {
        _model.AddTo(this);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string folder = _model.Folder(parsed);
        PipelineOptions options = _model.Pipeline(parsed);
        if (_networks.Any(network => ModelFiles.Find(folder, network) is not null))
        {
            if (WriteNetworks(folder) is { } unet) AttentionTable.Write(unet);
            WriteProviders();
        }
        await using SafeDiffusionPipeline pipeline = await LoadingDisplay.LoadAsync(folder, options, quiet: false, cancellationToken).ConfigureAwait(false);
        WriteModel(pipeline.Model, OnnxImageChecker.IsInModel(folder));
        SchedulerTable.Write(pipeline.Model.Scheduler);
        await pipeline.TryNetworksAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        TryChecker(folder, options, cancellationToken);
        Terminal.Out.WriteLine("Every network has run once. The model can be used.");
        return ExitCode.Success;
    }

    /// <summary>Runs the folder's own safety checker once, where there is one.</summary>
    private static void TryChecker(string folder, PipelineOptions options, CancellationToken cancellationToken)
    {
        const int Side = 64;
        if (!OnnxImageChecker.IsInModel(folder)) return;
        using OnnxImageChecker checker = OnnxImageChecker.LoadFromModel(folder, new OnnxImageCheckerOptions { Name = "safety_checker", Provider = options.Provider, Threads = options.Threads });
        checker.Check([new RgbImage(Side, Side, new byte[RgbImage.Channels * Side * Side])], cancellationToken);
    }

    /// <summary>Writes the networks, and gives the UNet where it is there.</summary>
    private static OnnxModelFile? WriteNetworks(string folder)
    {
        OnnxModelFile? unet = null;
        TextTable networks = new("Networks", "network", "exporter", "opset", "weights");
        TextTable values = new("Inputs and outputs", "network", "", "name", "type", "shape");
        foreach (string network in _networks)
        {
            if (ModelFiles.Find(folder, network) is not { } file)
            {
                networks.Add(network, "not there", "", "");
                continue;
            }
            OnnxModelFile model = OnnxModelFile.Load(file);
            AddNetwork(networks, values, network, model);
            if (network == "unet") unet = model;
        }
        networks.Write();
        values.Write();
        return unet;
    }

    private static void AddNetwork(TextTable networks, TextTable values, string network, OnnxModelFile model)
    {
        networks.Add(
            network, model.Exporter,
            string.Join('\n', model.Opsets.Select(opset => $"{opset.Key} {opset.Value}")),
            model.ExternalDataFiles.Count == 0 ? "inside" : string.Join('\n', model.ExternalDataFiles));
        foreach (OnnxValue value in model.Inputs) AddValue(values, network, "input", value);
        foreach (OnnxValue value in model.Outputs) AddValue(values, network, "output", value);
    }

    private static void AddValue(TextTable values, string network, string kind, OnnxValue value) => values.Add(
        network, kind, value.Name, value.ElementType.ToString().ToLowerInvariant(),
        value.Dimensions is null ? "not said" : $"[{string.Join(", ", value.Dimensions)}]");

    private static void WriteProviders()
    {
        TextTable table = new("Providers", "provider", "can run here");
        foreach (ProviderFeasibility provider in ProviderFeasibility.All())
        {
            table.Add(ModelOptions.Name(provider.Provider), provider.IsAvailable ? "yes" : $"no: {provider.Reason}");
        }
        table.Write();
    }

    private static void WriteModel(ModelDescription model, bool hasChecker)
    {
        ModelSources from = model.Sources;
        TextTable table = new($"Model {model.Name}", "setting", "value", "found in");
        table.Add("picture", $"{model.Width}x{model.Height}{(model.HasFixedSize ? ", no other size" : $", multiples of {model.SizeMultiple}")}", PlaceOf(from.Size));
        table.Add("latents", $"{model.LatentChannels} channels", PlaceOf(from.LatentChannels));
        table.Add("pixels per latent", $"{model.VaeFactor} a side", PlaceOf(from.VaeFactor));
        table.Add("scaling factor", string.Create(CultureInfo.InvariantCulture, $"{model.VaeScalingFactor}"), PlaceOf(from.VaeScalingFactor));
        table.Add("tokenizer", $"CLIP, {model.Tokens} tokens, pad token {model.PadToken}", "tokenizer");
        table.Add("text states", $"{model.Tokens} x {model.TextWidth}", PlaceOf(from.TextWidth));
        table.Add("safety checker", hasChecker ? "yes: generate --checker model" : "no", "");
        if (model.Baked is { } baked) table.Add("baked erasures", string.Join('\n', baked.Erasures.Select(erasure => $"{erasure.Concept} ({(erasure.IsWeightDelta ? "fine-tuned, " : "")}{erasure.Hash[..Math.Min(12, erasure.Hash.Length)]})")), "the UNet's metadata");
        if (model.Quantization is { } unet) table.Add("quantised", Quantized(unet), "the UNet's metadata");
        if (model.DecoderQuantization is { } decoder) table.Add("VAE decoder quantised", Quantized(decoder), "the decoder's metadata");
        table.Add("image-to-image", model.HasVaeEncoder ? "yes" : "no: vae_encoder is not there", "");
        table.Write();
    }

    private static string Quantized(QuantizationRecord record) => string.Create(
        CultureInfo.InvariantCulture, $"{record.Layers} layers in 8 bits, {record.FloatLayers} left in float; from {record.BaseModelHash[..Math.Min(12, record.BaseModelHash.Length)]}");

    private static string PlaceOf(FactSource source) => source switch
    {
        FactSource.Graph => "the graph",
        FactSource.Weights => "the weights",
        FactSource.Configuration => "config.json",
        FactSource.Measured => "a run on a small input",
        _ => "nothing; Stable Diffusion v1's",
    };
}
