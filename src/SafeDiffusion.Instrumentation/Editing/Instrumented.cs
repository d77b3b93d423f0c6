using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>Takes back what instrumentation has added.</summary>
internal static class Instrumented
{
    /// <summary>Names of added nodes and values begin so.</summary>
    public const string Prefix = "safediffusion/";

    /// <summary>The model without what was added; itself where it is not instrumented.</summary>
    public static OnnxModelFile Undone(OnnxModelFile model)
    {
        if (InstrumentationMetadata.Read(model) is not { } metadata)
            return model;
        ModelProto proto = model.Proto.Clone();
        GraphProto graph = proto.Graph;
        NodeProto[] own = [.. graph.Node.Where(node => !node.Name.StartsWith(Prefix, StringComparison.Ordinal))];
        foreach (NodeProto node in own)
            Restore(node, metadata.Replaced);
        graph.Node.Clear();
        graph.Node.Add(own);
        Keep(graph.Input);
        Keep(graph.Output);
        foreach (TensorProto added in graph.Initializer.Where(tensor => AddedNames.All.Contains(tensor.Name)).ToArray()) graph.Initializer.Remove(added);
        foreach (StringStringEntryProto entry in proto.MetadataProps.Where(entry => entry.Key == InstrumentationMetadata.Key).ToArray())
            proto.MetadataProps.Remove(entry);
        return new OnnxModelFile(model.Path, proto);
    }

    private static void Restore(NodeProto node, Dictionary<string, string> replaced)
    {
        foreach (string input in TopologicalOrder.Uses(node).ToArray())
        {
            if (replaced.TryGetValue(input, out string? before))
                Rewiring.Replace(node, input, before);
        }
    }

    private static void Keep(Google.Protobuf.Collections.RepeatedField<ValueInfoProto> values)
    {
        foreach (ValueInfoProto added in values.Where(value => AddedNames.All.Contains(value.Name)).ToArray())
            values.Remove(added);
    }
}
