using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>
/// Finds type, shape and, for the small values that shapes and scales are made of, contents of every value of a graph, for one set of
/// input sizes. For an operator that it does not know it takes what the graph declares of the outputs, or leaves them unknown.
/// </summary>
internal static class ShapeInference
{
    public static Dictionary<string, Facts> Run(GraphIndex graph, UNetInputs inputs, Probe probe)
    {
        Dictionary<string, Facts> facts = new() { [""] = Facts.Unknown };
        foreach (TensorProto tensor in graph.Initializers)
            facts[tensor.Name] = OfTensor(tensor);
        foreach (ValueInfoProto input in graph.Graph.Input.Where(input => graph.Initializer(input.Name) is null))
            facts[input.Name] = probe.Of(input, input.Name == inputs.Sample, input.Name == inputs.Text);
        DeclaredValues declared = new(graph.Graph, facts);
        foreach (NodeProto node in graph.Nodes)
            Add(facts, node, graph.Opset, declared);
        return facts;
    }

    public static Facts OfTensor(TensorProto tensor)
    {
        double? uniform = TensorContents.IsZero(tensor) ? 0 : null;
        return Facts.Of((OnnxElementType)tensor.DataType, [.. tensor.Dims], TensorContents.Read(tensor), uniform, constant: true);
    }

    private static void Add(Dictionary<string, Facts> facts, NodeProto node, long opset, DeclaredValues declared)
    {
        Facts[] inputs = [.. node.Input.Select(input => facts.GetValueOrDefault(input, Facts.Unknown))];
        Facts[] outputs = node.Operator() == "If" ? OfBranches(facts, node, opset, declared) : Outputs(new Operation(node, inputs, opset));
        bool constant = node.Input.Count > 0 && !TopologicalOrder.NestedGraphs(node).Any()
            && node.Input.All(input => input.Length == 0 || facts.GetValueOrDefault(input, Facts.Unknown).IsConstant);
        for (int i = 0; i < node.Output.Count; i++)
        {
            Facts output = declared.Complete(node.Output[i], i < outputs.Length ? outputs[i] : Facts.Unknown).Bounded();
            if (node.Output[i].Length > 0)
                facts[node.Output[i]] = constant ? output with { IsConstant = true } : output;
        }
    }

    /// <summary>What all branches of an If agree on.</summary>
    private static Facts[] OfBranches(Dictionary<string, Facts> facts, NodeProto node, long opset, DeclaredValues declared)
    {
        Facts[][] branches = [.. TopologicalOrder.NestedGraphs(node).Select(branch =>
        {
            foreach (TensorProto tensor in branch.Initializer)
                facts[tensor.Name] = OfTensor(tensor);
            foreach (NodeProto nested in branch.Node)
                Add(facts, nested, opset, declared);
            return branch.Output.Select(output => facts.GetValueOrDefault(output.Name, Facts.Unknown)).ToArray();
        })];
        if (branches.Length == 0)
            return [];
        return [.. Enumerable.Range(0, node.Output.Count).Select(i => branches.Select(branch => i < branch.Length ? branch[i] : Facts.Unknown)
            .Aggregate((one, other) => new Facts(
                one.Type == other.Type ? one.Type : OnnxElementType.Undefined,
                one.Shape is { } shape && other.Shape is { } same && shape.SequenceEqual(same) ? shape : null)))];
    }

    /// <summary>A rule meets whatever a damaged graph holds: inputs that do not fit it leave the outputs unknown.</summary>
    private static Facts[] Outputs(Operation operation)
    {
        try
        {
            return ShapeRules.Apply(operation);
        }
        catch (Exception error) when (HostileInput.IsCauseOf(error))
        {
            return [];
        }
    }
}
