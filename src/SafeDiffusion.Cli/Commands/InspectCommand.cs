using System.CommandLine;
using SafeDiffusion.Instrumentation;
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
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(() => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string folder = _model.Folder(parsed);
        WriteNetworks(folder);
        WriteProviders();
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline
            .LoadAsync(folder, _model.Pipeline(parsed), cancellationToken).ConfigureAwait(false);
        WriteModel(pipeline.Model);
        Terminal.Out.MarkupLine("[green]The model loads and can be used.[/]");
        return ExitCode.Success;
    }

    private static void WriteNetworks(string folder)
    {
        Table table = new Table().Title("Networks").AddColumns("network", "inputs", "outputs", "exporter", "opset", "weights");
        foreach (string network in _networks)
        {
            string file = Path.Combine(folder, network, "model.onnx");
            if (!File.Exists(file)) table.AddRow(network, "", "", "[grey]not there[/]", "", "");
            else AddNetwork(table, network, OnnxModelFile.Load(file));
        }
        Terminal.Out.Write(table);
    }

    private static void AddNetwork(Table table, string network, OnnxModelFile model) => table.AddRow(
        network, Values(model.Inputs), Values(model.Outputs), Markup.Escape(model.Exporter),
        Markup.Escape(string.Join("\n", model.Opsets.Select(opset => $"{opset.Key} {opset.Value}"))),
        Markup.Escape(model.ExternalDataFiles.Count == 0 ? "inside" : string.Join("\n", model.ExternalDataFiles)));

    private static string Values(IReadOnlyList<OnnxValue> values) => Markup.Escape(string.Join("\n", values));

    private static void WriteProviders()
    {
        Table table = new Table().Title("Providers").AddColumns("provider", "can run here");
        foreach (ProviderFeasibility provider in ProviderFeasibility.All())
        {
            table.AddRow(provider.Provider.ToString().ToLowerInvariant(), provider.IsAvailable ? "[green]yes[/]" : Markup.Escape(provider.Reason));
        }
        Terminal.Out.Write(table);
    }

    private static void WriteModel(ModelDescription model)
    {
        Table table = new Table().Title(Markup.Escape(model.Name)).AddColumns("setting", "value");
        table.AddRow("picture", $"{model.Width}x{model.Height}{(model.HasFixedSize ? ", no other size" : $", multiples of {model.SizeMultiple}")}");
        table.AddRow("latents", $"{model.LatentChannels} channels, {model.VaeFactor} pixels a side, scaling factor {model.VaeScalingFactor}");
        table.AddRow("tokenizer", $"CLIP, {model.Tokens} tokens, pad token {model.PadToken}");
        table.AddRow("text states", $"{model.Tokens} x {model.TextWidth}");
        table.AddRow("scheduler", Markup.Escape(model.Scheduler.ToString()));
        table.AddRow("image-to-image", model.HasVaeEncoder ? "yes" : "no: vae_encoder is not there");
        Terminal.Out.Write(table);
    }
}
