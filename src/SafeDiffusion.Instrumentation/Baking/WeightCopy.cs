using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Baking;

/// <summary>A second copy of a weight for projections of the text, with the nodes that turn and cast it.</summary>
internal sealed class WeightCopy
{
    private readonly GraphIndex _graph;
    private readonly TensorProto _tensor;
    private readonly string _suffix;
    private readonly Dictionary<string, string> _values = [];

    /// <param name="graph">The graph to edit.</param>
    /// <param name="tensor">The weight.</param>
    /// <param name="transposed">How it is stored for those projections, which tells two copies apart.</param>
    public WeightCopy(GraphIndex graph, TensorProto tensor, bool transposed)
    {
        _graph = graph;
        _tensor = tensor.Clone();
        _suffix = transposed ? "/erased_transposed" : "/erased";
    }

    /// <summary>Lets projections use the copy.</summary>
    /// <returns>The copy, which is in the graph.</returns>
    public TensorProto GiveTo(IEnumerable<(NodeProto Node, WeightSource Source)> projections)
    {
        foreach ((NodeProto node, WeightSource source) in projections)
        {
            if (_graph.Initializer(source.Value) is not null && !_values.ContainsKey(source.Value)) AddInitializer(source.Value);
            foreach (NodeProto step in source.Way.Reverse()) Add(step);
            node.Input[1] = _values[node.Input[1]];
        }
        return _tensor;
    }

    private void AddInitializer(string name)
    {
        _tensor.Name = Named(name);
        _graph.Graph.Initializer.Add(_tensor);
    }

    /// <summary>What turns a weight needs nothing that a node makes, so that it may stand in front of all others.</summary>
    private void Add(NodeProto step)
    {
        if (_values.ContainsKey(step.Output[0])) return;
        NodeProto copy = step.Clone();
        copy.Name = step.Name.Length == 0 ? "" : step.Name + _suffix;
        if (copy.Find("value") is { T: not null } value) value.T = _tensor;
        else copy.Input[0] = _values[step.Input[0]];
        copy.Output[0] = Named(step.Output[0]);
        _graph.Graph.Node.Insert(_values.Count(made => _graph.Producer(made.Key) is not null) - 1, copy);
    }

    private string Named(string value)
    {
        string name = value + _suffix;
        if (_graph.Producer(name) is not null || _graph.Initializer(name) is not null)
            throw new GraphNotUnderstoodException(_graph.File, "", name, "a graph in which the names to be added are free", $"it has a value '{name}' of its own");
        return _values[value] = name;
    }
}
