using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>Replaces values where they are used.</summary>
internal static class Rewiring
{
    /// <summary>Lets a node, and its nested graphs, use another value.</summary>
    public static void Replace(NodeProto node, string before, string after)
    {
        for (int i = 0; i < node.Input.Count; i++)
        {
            if (node.Input[i] == before)
                node.Input[i] = after;
        }
        foreach (NodeProto nested in TopologicalOrder.NestedGraphs(node).SelectMany(graph => graph.Node))
            Replace(nested, before, after);
    }
}
