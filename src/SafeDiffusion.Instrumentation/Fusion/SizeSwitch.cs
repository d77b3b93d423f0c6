using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using Dimension = SafeDiffusion.Instrumentation.Onnx.TensorShapeProto.Types.Dimension;

namespace SafeDiffusion.Instrumentation.Fusion;

/// <summary>
/// Lets layers choose by their size when they are run: an If with a layer's own nodes in one branch and the fused operator in the other.
/// Only the branch that is taken costs time and memory.
/// </summary>
internal sealed class SizeSwitch
{
    private readonly string _path;
    private readonly GraphProto _graph;
    private readonly int _minPositions;
    private readonly Func<string, string> _unique;
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly Dictionary<string, List<NodeProto>> _users = [];
    private readonly HashSet<string> _outputs;

    /// <summary>Layers of one grid have the same number of positions: one question serves them all.</summary>
    private readonly Dictionary<int, string> _conditions = [];

    public SizeSwitch(string path, GraphProto graph, int minPositions, Func<string, string> unique)
    {
        _path = path;
        _graph = graph;
        _minPositions = minPositions;
        _unique = unique;
        _outputs = [.. graph.Output.Select(output => output.Name)];
        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output) _producers[output] = node;
            foreach (string input in TopologicalOrder.Uses(node))
            {
                if (!_users.TryGetValue(input, out List<NodeProto>? users)) _users[input] = users = [];
                users.Add(node);
            }
        }
    }

    /// <summary>Moves a layer's own nodes into one branch, and puts the fused node into the other.</summary>
    public void Add(FusibleLayer layer, NodeProto fused, NodeProto reader)
    {
        NodeProto choice = new() { OpType = "If", Name = _unique($"{layer.Layer.Name}.choice.node") };
        choice.Input.Add(Condition(layer.Layer));
        choice.Output.Add(_unique($"{layer.Layer.Name}.choice"));
        HashSet<NodeProto> own = OwnNodes(layer, reader);
        // They stay in the main graph as well, where nobody needs them now: dropped with all such nodes in the end.
        NodeProto[] plain = [.. _graph.Node.Where(own.Contains)];
        choice.Attribute.Add(Branch("then_branch", layer, plain, layer.Attended));
        choice.Attribute.Add(Branch("else_branch", layer, [fused], fused.Output[0]));
        _graph.Node.Add(choice);
        reader.Input[0] = choice.Output[0];
    }

    /// <summary>Whether a layer has few positions. Less, and not its opposite, because operator set 11 has no GreaterOrEqual.</summary>
    private string Condition(AttentionLayer layer)
    {
        if (_conditions.TryGetValue(layer.GridFactor, out string? known)) return known;
        string hint = $"positions.{layer.GridFactor}";
        string shape = Node("Shape", $"{hint}.shape", [layer.Core.Query.Output]);
        string positions = Node("Gather", hint, [shape, Integer($"{hint}.axis", 1)]);
        return _conditions[layer.GridFactor] = Node("Less", $"{hint}.few", [positions, Integer($"{hint}.least", _minPositions)]);
    }

    /// <summary>The nodes that serve this layer's attention and nothing else, between the projections and what reads the attended values.</summary>
    private HashSet<NodeProto> OwnNodes(FusibleLayer layer, NodeProto reader)
    {
        HashSet<NodeProto> own = new(ReferenceEqualityComparer.Instance);
        HashSet<string> kept = [layer.Layer.Core.Query.Output, layer.Layer.Core.Key.Output, layer.Layer.Core.Value.Output, .. _outputs];
        Stack<string> wanted = new([layer.Attended]);
        while (wanted.TryPop(out string? value))
        {
            if (!_producers.TryGetValue(value, out NodeProto? node) || !node.Output.All(IsOwn) || !own.Add(node)) continue;
            foreach (string input in TopologicalOrder.Uses(node)) wanted.Push(input);
        }
        return own;

        bool IsOwn(string value) => !kept.Contains(value)
            && _users.GetValueOrDefault(value, []).All(user => own.Contains(user) || value == layer.Attended && ReferenceEquals(user, reader));
    }

    private AttributeProto Branch(string name, FusibleLayer layer, NodeProto[] nodes, string output)
    {
        GraphProto graph = new() { Name = name };
        graph.Node.Add(nodes);
        IReadOnlyList<NodeProto> sorted = TopologicalOrder.Of(_path, graph);
        graph.Node.Clear();
        graph.Node.Add(sorted);
        TensorShapeProto shape = new();
        shape.Dim.Add([new Dimension(), new Dimension(), new Dimension { DimValue = layer.Layer.Core.ValueColumns.Heads * layer.Layer.Core.ValueColumns.Width }]);
        graph.Output.Add(new ValueInfoProto
        {
            Name = output,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxElementType.Float32, Shape = shape } },
        });
        return new AttributeProto { Name = name, G = graph, Type = AttributeProto.Types.AttributeType.Graph };
    }

    private string Integer(string hint, long value)
    {
        TensorProto tensor = new() { DataType = (int)OnnxElementType.Int64 };
        tensor.Int64Data.Add(value);
        return Node("Constant", hint, [], Attributes.Of("value", tensor));
    }

    private string Node(string operation, string hint, string[] inputs, params AttributeProto[] attributes)
    {
        NodeProto node = new() { OpType = operation, Name = _unique($"{hint}.node") };
        node.Input.Add(inputs);
        node.Output.Add(_unique(hint));
        node.Attribute.Add(attributes);
        _graph.Node.Add(node);
        return node.Output[0];
    }
}
