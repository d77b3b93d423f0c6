using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>Describes where a projection stands.</summary>
internal static class Places
{
    public static ProjectionPlace Of(GraphIndex graph, Dictionary<string, Facts> facts, Projection projection, HeadColumns columns)
    {
        WeightSource source = WeightSource.Of(graph, facts, projection.Node, projection.Weight);
        string? initializer = graph.Initializer(source.Value) is null ? null : source.Value;
        return new ProjectionPlace(projection.Node.Label(), projection.Output, projection.Weight, initializer, source.IsTransposed, projection.Bias,
            columns.Offset, columns.HeadStride, columns.Total);
    }
}
