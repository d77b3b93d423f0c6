using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Fusion;

/// <summary>Puts MultiHeadAttention between projections and output projections on a copy of a model, and drops the nodes that nobody needs then.</summary>
internal static class AttentionFusion
{
    /// <summary>Other than that of instrumentation, which takes its own nodes back.</summary>
    private const string Prefix = "safediffusion.fused/";
    private const string Domain = "com.microsoft";

    public static OnnxModelFile Apply(string path, UNetAnalysis analysis, IReadOnlyList<FusibleLayer> layers)
    {
        ModelProto model = analysis.Graph.Model.Clone();
        Dictionary<string, NodeProto> producers = [];
        foreach (NodeProto node in model.Graph.Node)
        {
            foreach (string output in node.Output) producers[output] = node;
        }
        HashSet<string> taken = [.. producers.Keys, .. model.Graph.Node.Select(node => node.Name), .. model.Graph.Initializer.Select(tensor => tensor.Name)];
        foreach (FusibleLayer layer in layers)
        {
            NodeProto fused = Fused(layer.Layer, taken);
            model.Graph.Node.Add(fused);
            producers[layer.OutputProjection.Output[0]].Input[0] = fused.Output[0];
        }
        if (!OnnxValues.Opsets(model).ContainsKey(Domain))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = Domain, Version = 1 });
        KeepLive(model.Graph, new GraphIndex(path, model));
        return new OnnxModelFile(path, model);
    }

    private static NodeProto Fused(AttentionLayer layer, HashSet<string> taken)
    {
        AttentionCore core = layer.Core;
        NodeProto node = new() { OpType = "MultiHeadAttention", Domain = Domain, Name = Unique(taken, $"{Prefix}{layer.Name}.node") };
        node.Input.Add([core.Query.Output, core.Key.Output, core.Value.Output]);
        node.Output.Add(Unique(taken, $"{Prefix}{layer.Name}"));
        node.Attribute.Add(Attributes.Of("num_heads", layer.Heads));
        node.Attribute.Add(new AttributeProto { Name = "scale", F = (float)core.Scale, Type = AttributeProto.Types.AttributeType.Float });
        return node;
    }

    /// <summary>Leaves the nodes that the outputs depend on, in topological order, and no value information of others.</summary>
    private static void KeepLive(GraphProto graph, GraphIndex index)
    {
        NodeProto[] live = [.. index.Nodes.Where(index.Live.Contains)];
        graph.Node.Clear();
        graph.Node.Add(live);
        HashSet<string> made = [.. live.SelectMany(node => node.Output)];
        foreach (ValueInfoProto value in graph.ValueInfo.Where(value => !made.Contains(value.Name)).ToArray())
            graph.ValueInfo.Remove(value);
    }

    private static string Unique(HashSet<string> taken, string name)
    {
        string unique = name;
        for (int i = 2; !taken.Add(unique); i++)
            unique = $"{name}.{i}";
        return unique;
    }
}
