using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>A graph's nodes in topological order, and who makes and who uses each value.</summary>
internal sealed class GraphIndex
{
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly Dictionary<string, TensorProto> _initializers = [];

    /// <exception cref="InvalidFileException">Two nodes make the same value, a value has no source, or the nodes form a circle.</exception>
    public GraphIndex(string file, ModelProto model)
    {
        File = file;
        Model = model;
        foreach (TensorProto tensor in Graph.Initializer)
            _initializers[tensor.Name] = tensor;
        foreach (NodeProto node in Graph.Node)
        {
            foreach (string output in node.Output.Where(output => output.Length > 0))
            {
                if (!_producers.TryAdd(output, node))
                    throw new InvalidFileException(file, $"is not a valid ONNX graph: two nodes make the value '{output}'");
            }
        }
        CheckSources();
        Nodes = TopologicalOrder.Of(file, Graph);
        Live = LiveNodes();
        Opset = OnnxValues.Opsets(model).GetValueOrDefault("ai.onnx");
    }

    public string File { get; }

    public ModelProto Model { get; }

    public GraphProto Graph => Model.Graph;

    /// <summary>All nodes, each after those whose values it uses.</summary>
    public IReadOnlyList<NodeProto> Nodes { get; }

    /// <summary>The nodes that the outputs depend on.</summary>
    public IReadOnlySet<NodeProto> Live { get; }

    /// <summary>The version of ONNX's own operator set.</summary>
    public long Opset { get; }

    /// <summary>Whether a node calls a function that the model defines itself, whose inside is not looked into.</summary>
    public bool IsLocalFunction(NodeProto node) => Model.Functions.Any(function => function.Name == node.OpType && OnnxValues.SameDomain(function.Domain, node.Domain));

    public NodeProto? Producer(string value) => _producers.GetValueOrDefault(value);

    public TensorProto? Initializer(string value) => _initializers.GetValueOrDefault(value);

    public IEnumerable<TensorProto> Initializers => _initializers.Values;

    private void CheckSources()
    {
        if (Graph.Input.CountBy(input => input.Name).FirstOrDefault(count => count.Value > 1) is { Value: > 1 } twice)
            throw new InvalidFileException(File, $"is not a valid ONNX graph: two inputs are named '{twice.Key}'");
        HashSet<string> given = [.. Graph.Input.Select(input => input.Name), .. Graph.SparseInitializer.Select(tensor => tensor.Values?.Name ?? "")];
        foreach (NodeProto node in Graph.Node)
        {
            foreach (string value in TopologicalOrder.Uses(node))
            {
                if (!given.Contains(value) && !_initializers.ContainsKey(value) && !_producers.ContainsKey(value))
                    throw new InvalidFileException(File, $"is not a valid ONNX graph: node '{node.Label()}' uses the value '{value}', which nothing makes");
            }
        }
    }

    private HashSet<NodeProto> LiveNodes()
    {
        HashSet<NodeProto> live = new(ReferenceEqualityComparer.Instance);
        Stack<string> wanted = new(Graph.Output.Select(output => output.Name));
        while (wanted.TryPop(out string? value))
        {
            if (Producer(value) is not { } node || !live.Add(node))
                continue;
            foreach (string input in TopologicalOrder.Uses(node))
                wanted.Push(input);
        }
        return live;
    }
}
