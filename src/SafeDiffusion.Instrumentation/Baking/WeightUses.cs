using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>Who uses a stored weight, directly or turned and cast.</summary>
internal sealed class WeightUses
{
    private readonly HashSet<NodeProto> _projections;
    private readonly ILookup<string, NodeProto> _users;
    private readonly HashSet<string> _outputs;

    /// <param name="graph">The graph.</param>
    /// <param name="projections">The projections of the text.</param>
    public WeightUses(GraphIndex graph, HashSet<NodeProto> projections)
    {
        _projections = projections;
        _users = graph.Nodes.SelectMany(node => TopologicalOrder.Uses(node).Distinct().Select(value => (value, node))).ToLookup(use => use.value, use => use.node);
        _outputs = [.. graph.Graph.Output.Select(output => output.Name)];
    }

    /// <summary>Whether anything but projections of the text uses a weight.</summary>
    public bool HasOthers(string weight) => _outputs.Contains(weight) || _users[weight].Any(node => IsOther(node, weight));

    private bool IsOther(NodeProto node, string weight)
    {
        if (_projections.Contains(node)) return node.Input.Where((value, place) => value == weight && place != 1).Any();
        return !WeightSource.IsPassed(node) || HasOthers(node.Output[0]);
    }
}
