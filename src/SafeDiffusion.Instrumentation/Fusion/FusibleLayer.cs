using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Fusion;

/// <summary>A layer that MultiHeadAttention can compute: projections <c>[B, P, h d]</c> in, attended values <c>[B, P, h d]</c> out.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Reader">What reads the attended values: the output projection, or what rounds them to 8 bits for it.</param>
/// <param name="Attended">Those values.</param>
internal sealed record FusibleLayer(AttentionLayer Layer, NodeProto Reader, string Attended)
{
    /// <summary>The layer with the place where its fused result is used; null where the operator does not fit.</summary>
    public static FusibleLayer? Of(UNetAnalysis analysis, AttentionLayer layer)
    {
        AttentionCore core = layer.Core;
        NodeProto? reader = core.OutputProjection is { } output && analysis.Graph.Producer(output.Source) is { OpType: "QuantizeLinear" } rounding ? rounding : core.OutputProjection?.Node;
        bool fits = core.Form is AttentionForm.Products or AttentionForm.Operator && core.ValueScale == 1 && reader is not null
            && IsWhole(core.Query, core.QueryColumns) && IsWhole(core.Key, core.KeyColumns) && IsWhole(core.Value, core.ValueColumns)
            && IsFloat(reader.InputAt(0)) && IsOnlyRearranged(analysis.Graph, core, reader.InputAt(0));
        return fits ? new FusibleLayer(layer, reader!, reader!.InputAt(0)) : null;

        bool IsWhole(Projection projection, HeadColumns columns) => columns.IsPlain && IsFloat(projection.Output);

        bool IsFloat(string value) => analysis.Facts.GetValueOrDefault(value, Facts.Unknown) is { Type: OnnxElementType.Float32, Rank: 3 };
    }

    /// <summary>Whether nothing but the order of the attended values changes before the output projection.</summary>
    private static bool IsOnlyRearranged(GraphIndex graph, AttentionCore core, string value)
    {
        while (value != core.Output)
        {
            if (graph.Producer(value) is not { } node || !OnnxValues.IsOnnx(node.Domain)
                || node.OpType is not ("Reshape" or "Transpose" or "Identity" or "Cast" or "Squeeze" or "Unsqueeze" or "Flatten" or "Dropout"))
                return false;
            value = node.InputAt(0);
        }
        return true;
    }
}
