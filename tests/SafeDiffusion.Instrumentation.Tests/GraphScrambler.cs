using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Renames every node and value of a model at random and shuffles its nodes as far as their order allows.</summary>
internal static class GraphScrambler
{
    public static OnnxModelFile Scramble(OnnxModelFile model, int seed)
    {
        Random random = new(seed);
        ModelProto proto = model.Proto.Clone();
        GraphProto graph = proto.Graph;
        NodeProto[] shuffled = Shuffle([.. TopologicalOrder.Of(model.Path, graph)], random);
        HashSet<string> kept = [.. graph.Input.Concat(graph.Output).Select(value => value.Name), ""];
        Dictionary<string, string> names = [];
        string Renamed(string name) => kept.Contains(name) ? name : names.TryGetValue(name, out string? known) ? known : names[name] = $"v{random.NextInt64():x}";
        foreach (TensorProto tensor in graph.Initializer)
            tensor.Name = Renamed(tensor.Name);
        foreach (NodeProto node in shuffled)
            Rename(node, Renamed, $"n{random.NextInt64():x}");
        graph.Node.Clear();
        graph.Node.Add(shuffled);
        graph.ValueInfo.Clear();
        return new OnnxModelFile(model.Path, proto);
    }

    private static void Rename(NodeProto node, Func<string, string> renamed, string name)
    {
        node.Name = name;
        node.MetadataProps.Clear();
        for (int i = 0; i < node.Input.Count; i++)
            node.Input[i] = renamed(node.Input[i]);
        for (int i = 0; i < node.Output.Count; i++)
            node.Output[i] = renamed(node.Output[i]);
    }

    private static NodeProto[] Shuffle(List<NodeProto> nodes, Random random)
    {
        Dictionary<string, NodeProto> producers = [];
        foreach (NodeProto node in nodes)
        {
            foreach (string output in node.Output.Where(output => output.Length > 0))
                producers[output] = node;
        }
        HashSet<NodeProto> done = new(ReferenceEqualityComparer.Instance);
        List<NodeProto> result = [];
        PriorityQueue<NodeProto, int> queue = new(nodes.Select(node => (node, random.Next())));
        while (queue.TryDequeue(out NodeProto? node, out _))
            Place(node);
        return [.. result];

        void Place(NodeProto node)
        {
            if (!done.Add(node))
                return;
            foreach (string input in TopologicalOrder.Uses(node))
            {
                if (producers.TryGetValue(input, out NodeProto? before))
                    Place(before);
            }
            result.Add(node);
        }
    }
}
