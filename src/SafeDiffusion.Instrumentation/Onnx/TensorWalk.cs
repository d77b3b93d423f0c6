namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Every tensor of a model: initializers, constants in attributes, and those of nested graphs and functions.</summary>
internal static class TensorWalk
{
    public static IEnumerable<TensorProto> Tensors(ModelProto model) =>
        Tensors(model.Graph).Concat(model.Functions.SelectMany(function => function.Node).SelectMany(Tensors));

    private static IEnumerable<TensorProto> Tensors(GraphProto graph) =>
        graph.Initializer.Concat(graph.SparseInitializer.SelectMany(Tensors)).Concat(graph.Node.SelectMany(Tensors));

    private static IEnumerable<TensorProto> Tensors(NodeProto node) => node.Attribute.SelectMany(Tensors);

    private static IEnumerable<TensorProto> Tensors(AttributeProto attribute)
    {
        if (attribute.T is { } tensor)
            yield return tensor;
        foreach (TensorProto one in attribute.Tensors)
            yield return one;
        foreach (TensorProto one in attribute.SparseTensor is { } sparse ? Tensors(sparse) : [])
            yield return one;
        foreach (TensorProto one in attribute.G is { } graph ? Tensors(graph) : [])
            yield return one;
        foreach (TensorProto one in attribute.Graphs.SelectMany(Tensors))
            yield return one;
    }

    private static IEnumerable<TensorProto> Tensors(SparseTensorProto sparse)
    {
        if (sparse.Values is { } values)
            yield return values;
        if (sparse.Indices is { } indices)
            yield return indices;
    }
}
