using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>What a graph declares of its intermediate values: a help where an operator is not known.</summary>
internal sealed class DeclaredValues
{
    private readonly Dictionary<string, TypeProto.Types.Tensor> _declared = [];
    private readonly Dictionary<string, long> _symbols = [];

    /// <param name="graph">The graph.</param>
    /// <param name="facts">The inputs' sizes, from which the symbols' follow.</param>
    public DeclaredValues(GraphProto graph, IReadOnlyDictionary<string, Facts> facts)
    {
        foreach (ValueInfoProto value in graph.ValueInfo.Where(value => value.Type?.TensorType is not null))
            _declared[value.Name] = value.Type.TensorType;
        foreach (ValueInfoProto input in graph.Input)
        {
            if (input.Type?.TensorType?.Shape is not { } shape || facts[input.Name].Shape is not { } sizes || sizes.Length != shape.Dim.Count)
                continue;
            foreach ((TensorShapeProto.Types.Dimension dimension, long size) in shape.Dim.Zip(sizes).Where(pair => pair.First.HasDimParam))
                _symbols[dimension.DimParam] = size;
        }
    }

    /// <summary>Adds type and shape where they are not known and the graph tells them.</summary>
    public Facts Complete(string value, Facts known)
    {
        if (known.Shape is not null && known.Type != OnnxElementType.Undefined || !_declared.TryGetValue(value, out TypeProto.Types.Tensor? tensor))
            return known;
        OnnxElementType type = known.Type == OnnxElementType.Undefined ? (OnnxElementType)tensor.ElemType : known.Type;
        return known with { Type = type, Shape = known.Shape ?? Sizes(tensor.Shape) };
    }

    private long[]? Sizes(TensorShapeProto? shape)
    {
        if (shape is null)
            return null;
        long[] sizes = [.. shape.Dim.Select(dimension => dimension.HasDimValue ? dimension.DimValue : _symbols.GetValueOrDefault(dimension.DimParam, -1))];
        return sizes.Any(size => size < 0) ? null : sizes;
    }
}
