using System.CommandLine;
using SafeDiffusion.Checking;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
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
        if (_networks.Any(network => File.Exists(NetworkFile(folder, network))))
        {
            if (WriteNetworks(folder) is { } unet) AttentionTable.Write(unet);
            WriteProviders();
        }
        await using SafeDiffusionPipeline pipeline = await LoadingDisplay.LoadAsync(folder, options, quiet: false, cancellationToken).ConfigureAwait(false);
        WriteModel(pipeline.Model, OnnxImageChecker.IsInModel(folder));
        SchedulerTable.Write(pipeline.Model.Scheduler);
        Terminal.Out.WriteLine("The model loads and can be used.");
        return ExitCode.Success;
    }

    private static string NetworkFile(string folder, string network) => Path.Combine(folder, network, "model.onnx");

    /// <summary>Writes the networks, and gives the UNet where it is there.</summary>
    private static OnnxModelFile? WriteNetworks(string folder)
    {
        OnnxModelFile? unet = null;
        TextTable networks = new("Networks", "network", "exporter", "opset", "weights");
        TextTable values = new("Inputs and outputs", "network", "", "name", "type", "shape");
        foreach (string network in _networks)
        {
            string file = NetworkFile(folder, network);
            if (!File.Exists(file))
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
        TextTable table = new($"Model {model.Name}", "setting", "value");
        table.Add("picture", $"{model.Width}x{model.Height}{(model.HasFixedSize ? ", no other size" : $", multiples of {model.SizeMultiple}")}");
        table.Add("latents", $"{model.LatentChannels} channels, {model.VaeFactor} pixels a side, scaling factor {model.VaeScalingFactor}");
        table.Add("tokenizer", $"CLIP, {model.Tokens} tokens, pad token {model.PadToken}");
        table.Add("text states", $"{model.Tokens} x {model.TextWidth}");
        table.Add("safety checker", hasChecker ? "yes: generate --checker model" : "no");
        table.Add("image-to-image", model.HasVaeEncoder ? "yes" : "no: vae_encoder is not there");
        table.Write();
    }
}
