using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Checks that every projection of the text serves a cross-attention, and that each cross-attention is whole.</summary>
internal static class TextUse
{
    public static void Check(GraphIndex graph, IReadOnlyList<AttentionCore> cores, IEnumerable<Trace> traces)
    {
        foreach (AttentionCore core in cores)
            CheckWhole(graph, core);
        HashSet<NodeProto> served = new(cores.Where(core => core.IsCross).SelectMany(core => new[] { core.Key.Node, core.Value.Node }),
            ReferenceEqualityComparer.Instance);
        foreach (ProjectedTrace trace in traces.OfType<ProjectedTrace>())
        {
            if (trace.FromText && !served.Contains(trace.Projection.Node))
                throw new GraphNotUnderstoodException(graph.File, trace.Projection.Node.Label(), trace.Projection.Output,
                    "a score product, a Softmax and a product with the values after the projection of the text",
                    "this projection of the text does not end in cross-attention");
        }
    }

    private static void CheckWhole(GraphIndex graph, AttentionCore core)
    {
        bool mixed = core.Key.FromText != core.Value.FromText || core.Query.FromText;
        if (mixed)
            throw new GraphNotUnderstoodException(graph.File, core.Final.Label(), core.Output,
                "queries from the hidden states, keys and values both from the text", "the text serves as something else in this attention");
    }
}
