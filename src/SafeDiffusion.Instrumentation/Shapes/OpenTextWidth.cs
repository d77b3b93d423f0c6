using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Finds the width of text states that an input does not declare, from the weights that they are multiplied with: a key projection has a row for each column of the text.</summary>
internal static class OpenTextWidth
{
    /// <summary>The width; null where the input declares it, or where no weight tells it.</summary>
    /// <exception cref="GraphNotUnderstoodException">Weights of several widths are multiplied with the text states.</exception>
    public static long? Find(GraphIndex graph, UNetInputs inputs)
    {
        TensorShapeProto? shape = graph.Graph.Input.First(input => input.Name == inputs.Text).Type?.TensorType?.Shape;
        if (shape is not { Dim: [_, _, { DimValue: <= 0 }] })
            return null;
        Dictionary<string, Facts> facts = ShapeInference.Run(graph, inputs, Probe.All[0]);
        HashSet<string> text = [inputs.Text];
        Dictionary<long, NodeProto> widths = [];
        foreach (NodeProto node in graph.Nodes.Where(node => text.Contains(node.InputAt(0))))
        {
            if (KeepsColumns(node))
                text.UnionWith(node.Output.Where(output => output.Length > 0));
            else if (Rows(node, facts.GetValueOrDefault(node.InputAt(1), Facts.Unknown)) is { } rows)
                widths.TryAdd(rows, node);
        }
        return widths.Count switch
        {
            0 => null,
            1 => widths.Keys.Single(),
            _ => throw new GraphNotUnderstoodException(graph.File, widths.Values.Last().Label(), inputs.Text, "projections of the text with equally many rows",
                $"its input {inputs.Text} leaves the width open, and weights of {string.Join(" and ", widths.Keys)} rows are multiplied with it"),
        };
    }

    private static bool KeepsColumns(NodeProto node) => node.Operator() is "Cast" or "CastLike" or "Identity" or "Dropout" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze";

    private static long? Rows(NodeProto node, Facts weight)
    {
        if (!weight.IsConstant || weight.Shape is not [var first, var second])
            return null;
        return node.Operator() switch
        {
            "MatMul" => first,
            "Gemm" or "com.microsoft.FusedMatMul" or "com.microsoft.FusedGemm" => node.Int("transB", 0) == 0 ? first : second,
            _ => null,
        };
    }
}
