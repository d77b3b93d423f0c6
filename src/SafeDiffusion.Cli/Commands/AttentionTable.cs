using System.Globalization;
using SafeDiffusion.Instrumentation;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The UNet's attention layers as a table.</summary>
internal static class AttentionTable
{
    public static void Write(OnnxModelFile unet)
    {
        UNetAnalysis analysis = UNetInstrumentation.Analyze(unet);
        Table table = new Table().Title($"Cross-attention ({Markup.Escape(analysis.Exporter)})")
            .AddColumns("#", "layer", "grid", "width", "heads", "head width", "scale", "form", "query", "key", "value", "output");
        foreach (AttentionLayer layer in analysis.CrossAttention)
        {
            string[] cells =
            [
                Number(layer.Index), layer.Name, layer.Grid, Number(layer.Width), Number(layer.Heads), Number(layer.HeadWidth),
                layer.Scale.ToString("0.####", CultureInfo.InvariantCulture), $"{layer.Form}{(layer.IsPacked ? ", packed" : "")}",
                layer.Query.Node, layer.Key.Node, layer.Value.Node, layer.Output?.Node ?? "not recognised",
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }
        Terminal.Out.Write(table);
        Terminal.Out.WriteLine($"{analysis.SelfAttention.Count} self-attention layers; added: {analysis.Instrumentation?.Features.ToString().ToLowerInvariant() ?? "nothing"}");
        if (!analysis.RunsOnCpu) Terminal.Out.MarkupLineInterpolated($"[yellow]The CPU provider has no kernel for {string.Join(", ", analysis.OperatorsWithoutCpuKernel)}.[/]");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
