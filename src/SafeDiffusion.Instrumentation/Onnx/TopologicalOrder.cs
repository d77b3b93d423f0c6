using Google.Protobuf.Collections;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Sorts a graph's nodes so that each stands after those it needs, and otherwise as they stood.</summary>
internal static class TopologicalOrder
{
    public static IReadOnlyList<NodeProto> Of(string file, GraphProto graph)
    {
        RepeatedField<NodeProto> nodes = graph.Node;
        Dictionary<string, int> producers = Producers(nodes);
        List<int>[] followers = new List<int>[nodes.Count];
        int[] missing = new int[nodes.Count];
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (int before in Uses(nodes[i]).Where(producers.ContainsKey).Select(value => producers[value]).Distinct())
            {
                (followers[before] ??= []).Add(i);
                missing[i]++;
            }
        }
        return Release(file, nodes, followers, missing);
    }

    /// <summary>The values that a node uses, those that its nested graphs take from outside among them.</summary>
    public static IEnumerable<string> Uses(NodeProto node) =>
        node.Input.Where(input => input.Length > 0).Concat(NestedGraphs(node).SelectMany(Captured));

    public static IEnumerable<GraphProto> NestedGraphs(NodeProto node) =>
        node.Attribute.SelectMany(attribute => attribute.G is { } graph ? attribute.Graphs.Prepend(graph) : attribute.Graphs);

    private static List<NodeProto> Release(string file, RepeatedField<NodeProto> nodes, List<int>[] followers, int[] missing)
    {
        PriorityQueue<int, int> ready = new();
        for (int i = 0; i < nodes.Count; i++)
        {
            if (missing[i] == 0)
                ready.Enqueue(i, i);
        }
        List<NodeProto> sorted = new(nodes.Count);
        while (ready.TryDequeue(out int index, out _))
        {
            sorted.Add(nodes[index]);
            foreach (int follower in followers[index] ?? [])
            {
                if (--missing[follower] == 0)
                    ready.Enqueue(follower, follower);
            }
        }
        if (sorted.Count < nodes.Count)
            throw new InvalidFileException(file, "is not a valid ONNX graph: its nodes form a circle");
        return sorted;
    }

    private static Dictionary<string, int> Producers(RepeatedField<NodeProto> nodes)
    {
        Dictionary<string, int> producers = [];
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (string output in nodes[i].Output.Where(output => output.Length > 0))
                producers[output] = i;
        }
        return producers;
    }

    private static IEnumerable<string> Captured(GraphProto graph)
    {
        HashSet<string> own = [.. graph.Input.Select(input => input.Name), .. graph.Initializer.Select(tensor => tensor.Name),
            .. graph.Node.SelectMany(node => node.Output)];
        return graph.Node.SelectMany(Uses).Concat(graph.Output.Select(output => output.Name)).Where(value => !own.Contains(value)).Distinct();
    }
}
