using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>A stored weight behind keys or values, with all projections of the text that use it.</summary>
/// <param name="Name">Its name, for messages and progress.</param>
/// <param name="Tensor">What is stored, in the graph that is edited; it serves projections of the text alone.</param>
/// <param name="IsTransposed">Whether it is stored <c>[out, in]</c>.</param>
internal sealed record TextWeight(string Name, TensorProto Tensor, bool IsTransposed)
{
    /// <summary>
    /// The weights of every projection of the text. Where a weight serves something else as well, or is used both ways round, the projections
    /// get a copy of their own first.
    /// </summary>
    /// <param name="analysis">The analysis of the graph, which is edited.</param>
    /// <exception cref="GraphNotUnderstoodException">A weight is computed, not stored.</exception>
    public static IReadOnlyList<TextWeight> Separated(UNetAnalysis analysis)
    {
        GraphIndex graph = analysis.Graph;
        HashSet<NodeProto> projections = new(analysis.CrossAttention.SelectMany(layer => new[] { layer.Core.Key.Node, layer.Core.Value.Node }), ReferenceEqualityComparer.Instance);
        WeightUses uses = new(graph, projections);
        List<TextWeight> weights = [];
        var stored = projections.Select(node => (Node: node, Source: Source(analysis, node))).GroupBy(use => use.Source.Value);
        foreach (var weight in stored)
        {
            var ways = weight.GroupBy(use => use.Source.IsTransposed).ToArray();
            bool isShared = ways.Length > 1 || uses.HasOthers(weight.Key);
            foreach (var way in ways)
            {
                TensorProto tensor = way.First().Source.Tensor!;
                if (isShared) tensor = new WeightCopy(graph, tensor, way.Key).GiveTo(way);
                weights.Add(new(weight.Key, tensor, way.Key));
            }
        }
        return weights;
    }

    private static WeightSource Source(UNetAnalysis analysis, NodeProto node)
    {
        WeightSource source = WeightSource.Of(analysis.Graph, analysis.Facts, node, node.InputAt(1));
        if (source.Tensor is not null) return source;
        string maker = analysis.Graph.Producer(source.Value) is { } producer ? $"computed by {producer.Operator()} '{producer.Label()}'" : "not stored in the model";
        throw new GraphNotUnderstoodException(analysis.Graph.File, node.Label(), node.InputAt(1),
            "a weight that is an initializer or a Constant, by way of Transpose, Cast or Identity alone", $"the weight behind this projection of the text is {maker}");
    }
}
