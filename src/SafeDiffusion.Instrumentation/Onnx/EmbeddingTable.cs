namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>The table from which a network takes a row for each of an input's numbers.</summary>
public static class EmbeddingTable
{
    private static readonly HashSet<string> _passing = ["Cast", "Reshape", "Identity", "Flatten", "Squeeze", "Unsqueeze"];

    /// <summary>How many rows the table has that an input of numbers is looked up in; null where the graph does not show it.</summary>
    /// <param name="model">The network.</param>
    /// <param name="input">The input's name, such as <c>input_ids</c>.</param>
    public static long? Rows(OnnxModelFile model, string input)
    {
        ArgumentNullException.ThrowIfNull(model);
        HashSet<string> ids = [input];
        Dictionary<string, long> tables = model.Proto.Graph.Initializer.Where(tensor => tensor.Dims.Count == 2).GroupBy(tensor => tensor.Name).ToDictionary(same => same.Key, same => same.First().Dims[0]);
        foreach (NodeProto node in model.Proto.Graph.Node)
        {
            if (_passing.Contains(node.OpType) && node.Input.Count > 0 && ids.Contains(node.Input[0])) ids.UnionWith(node.Output);
            bool isLookUp = node.OpType == "Gather" && node.Input.Count == 2 && ids.Contains(node.Input[1]);
            if (isLookUp && tables.TryGetValue(node.Input[0], out long rows)) return rows;
        }
        return null;
    }
}
