namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Takes out of an edited graph what nobody needs any more.</summary>
internal static class LiveGraph
{
    /// <summary>Leaves the nodes that the outputs depend on, in topological order, and no value information of others.</summary>
    public static void Keep(string path, ModelProto model)
    {
        GraphIndex index = new(path, model);
        NodeProto[] live = [.. index.Nodes.Where(index.Live.Contains)];
        model.Graph.Node.Clear();
        model.Graph.Node.Add(live);
        HashSet<string> made = [.. live.SelectMany(node => node.Output)];
        foreach (ValueInfoProto value in model.Graph.ValueInfo.Where(value => !made.Contains(value.Name)).ToArray())
            model.Graph.ValueInfo.Remove(value);
    }

    /// <summary>Leaves the initializers that nodes or outputs use.</summary>
    public static void KeepUsedInitializers(ModelProto model)
    {
        HashSet<string> used = [.. model.Graph.Node.SelectMany(TopologicalOrder.Uses), .. model.Graph.Output.Select(output => output.Name)];
        TensorProto[] kept = [.. model.Graph.Initializer.Where(tensor => used.Contains(tensor.Name))];
        model.Graph.Initializer.Clear();
        model.Graph.Initializer.Add(kept);
    }
}
