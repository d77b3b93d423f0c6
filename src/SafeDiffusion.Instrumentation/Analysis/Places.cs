using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>Describes where a projection stands.</summary>
internal static class Places
{
    public static ProjectionPlace Of(GraphIndex graph, Dictionary<string, Facts> facts, Projection projection, HeadColumns columns)
    {
        bool transposed = projection.Node.Int("transB", 0) != 0;
        string? initializer = Initializer(graph, facts, projection.Weight, ref transposed);
        return new ProjectionPlace(projection.Node.Label(), projection.Output, projection.Weight, initializer, transposed, projection.Bias,
            columns.Offset, columns.HeadStride, columns.Total);
    }

    /// <summary>Walks a weight back over Transpose, Cast and the like to its initializer.</summary>
    private static string? Initializer(GraphIndex graph, Dictionary<string, Facts> facts, string weight, ref bool transposed)
    {
        while (graph.Initializer(weight) is null)
        {
            if (graph.Producer(weight) is not { OpType: "Transpose" or "Cast" or "Identity" } node)
                return null;
            if (node.OpType == "Transpose" && facts.GetValueOrDefault(weight)?.Rank == 2)
                transposed = !transposed;
            weight = node.InputAt(0);
        }
        return weight;
    }
}
