using System.Globalization;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>The UNet's attention layers: what they are, and where in the graph.</summary>
internal static class AttentionTable
{
    public static void Write(OnnxModelFile unet)
    {
        try
        {
            Write(UNetInstrumentation.Analyze(unet));
        }
        catch (GraphNotUnderstoodException error)
        {
            Terminal.Out.WriteLine($"Cross-attention is not understood, so that no method can read or steer it: {error.Message}");
        }
    }

    private static void Write(UNetAnalysis analysis)
    {
        WriteLayers("Cross-attention", analysis.CrossAttention);
        WriteLayers("Self-attention", analysis.SelfAttention);
        WritePlaces(analysis.CrossAttention);
        Terminal.Out.WriteLine($"Added to cross-attention: {analysis.Instrumentation?.Features.ToString().ToLowerInvariant() ?? "nothing"}");
        if (!analysis.RunsOnCpu) Terminal.Out.WriteLine($"The CPU provider has no kernel for {string.Join(", ", analysis.OperatorsWithoutCpuKernel)}.");
    }

    private static void WriteLayers(string title, IReadOnlyList<AttentionLayer> layers)
    {
        TextTable table = new(title, "#", "layer", "grid", "width", "heads", "head width", "scale", "form");
        foreach (AttentionLayer layer in layers)
        {
            table.Add(
                Text(layer.Index), layer.Name, layer.Grid, Text(layer.Width), Text(layer.Heads), Text(layer.HeadWidth), Text(layer.Scale),
                $"{layer.Form}{(layer.IsPacked ? ", packed" : "")}");
        }
        table.Write();
    }

    private static void WritePlaces(IReadOnlyList<AttentionLayer> layers)
    {
        TextTable table = new("Cross-attention in the graph", "#", "query", "key", "value", "scores", "output");
        foreach (AttentionLayer layer in layers)
        {
            table.Add(Text(layer.Index), layer.Query.Node, layer.Key.Node, layer.Value.Node, layer.ScoreNode, layer.Output?.Node ?? "not recognised");
        }
        table.Write();
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
