namespace SafeDiffusion.Instrumentation.Onnx;

/// <summary>Reads the parts of a model's description that the public types show.</summary>
internal static class OnnxValues
{
    public static OnnxValue Read(ValueInfoProto value)
    {
        TypeProto.Types.Tensor? tensor = value.Type?.TensorType;
        return new OnnxValue(value.Name, (OnnxElementType)(tensor?.ElemType ?? 0), tensor?.Shape?.Dim.Select(Read).ToArray());
    }

    public static IReadOnlyDictionary<string, long> Opsets(ModelProto model)
    {
        Dictionary<string, long> opsets = [];
        foreach (OperatorSetIdProto opset in model.OpsetImport)
            opsets[Domain(opset.Domain)] = opset.Version;
        return opsets;
    }

    public static IReadOnlyDictionary<string, string> Metadata(ModelProto model)
    {
        Dictionary<string, string> metadata = [];
        foreach (StringStringEntryProto entry in model.MetadataProps)
            metadata[entry.Key] = entry.Value;
        return metadata;
    }

    public static IReadOnlyDictionary<string, int> OperatorCounts(GraphProto graph)
    {
        SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (NodeProto node in graph.Node)
        {
            string name = IsOnnx(node.Domain) ? node.OpType : $"{node.Domain}.{node.OpType}";
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }
        return counts;
    }

    public static bool IsOnnx(string domain) => domain is "" or "ai.onnx";

    public static bool SameDomain(string left, string right) => Domain(left) == Domain(right);

    private static OnnxDimension Read(TensorShapeProto.Types.Dimension dimension) => dimension.ValueCase switch
    {
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => new(dimension.DimValue, null),
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam => new(null, dimension.DimParam),
        _ => default,
    };

    private static string Domain(string domain) => IsOnnx(domain) ? "ai.onnx" : domain;
}
