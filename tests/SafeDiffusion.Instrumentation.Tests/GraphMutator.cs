using Google.Protobuf;
using Google.Protobuf.Collections;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Changes a graph's structure at random, the way a hostile or damaged export would: it stays a well-formed protobuf.</summary>
internal sealed class GraphMutator(int seed)
{
    private static readonly long[] _numbers = [-1, 0, 1, 2, 3, 5, 64, 65, -2, 1 << 20, int.MaxValue, 1L + int.MaxValue, 1L << 40, 1L << 62, long.MaxValue, long.MinValue];

    private static readonly string[] _operators =
    [
        "Reshape", "Transpose", "Slice", "Split", "Gather", "Concat", "Expand", "Tile", "Unsqueeze", "Squeeze", "Flatten", "Pad", "Conv", "Resize", "MatMul", "Gemm",
        "Einsum", "Softmax", "Attention", "Range", "ConstantOfShape", "ReduceMean", "Add", "Mul", "Div", "Mod", "Cast", "If", "Constant", "Size", "Shape", "AveragePool",
        "MultiHeadAttention", "FusedMatMul", "NhwcConv", "BiasSplitGelu", "ReorderOutput", "Upsample", "Unheard",
    ];

    private static readonly string[] _equations = ["bhid,bhjd->bhij", "bid,bjd->bix", "bid->bid", "->", "ab,bc", "aa,ab->b", "", "...ij,jk->...ik"];
    private readonly Random _random = new(seed);

    /// <summary>A model with one to four changes.</summary>
    public OnnxModelFile Mutate(OnnxModelFile model)
    {
        ModelProto proto = model.Proto.Clone();
        for (int changes = _random.Next(1, 5); changes > 0; changes--) Change(proto);
        return new OnnxModelFile(model.Path, proto);
    }

    private void Change(ModelProto model)
    {
        GraphProto graph = model.Graph;
        switch (_random.Next(12))
        {
            case 0: ChangeSize(Any(graph.Initializer)?.Dims); break;
            case 1: ChangeContents(Any(graph.Initializer)); break;
            case 2: ChangeContents(Any(graph.Node)?.Attribute.FirstOrDefault(attribute => attribute.T is not null)?.T); break;
            case 3: ChangeValue(Any(graph.Input)); break;
            case 4: ChangeList(graph.Input); break;
            case 5: ChangeList(graph.Node); break;
            case 6 or 7: ChangeAttribute(Any(graph.Node)); break;
            case 8 or 9: ChangeInputs(graph, Any(graph.Node)); break;
            case 10: ChangeOperator(Any(graph.Node)); break;
            default: ChangeModel(model); break;
        }
    }

    private void ChangeModel(ModelProto model)
    {
        switch (_random.Next(5))
        {
            case 0: model.OpsetImport[_random.Next(model.OpsetImport.Count)].Version = Number(); break;
            case 1: ChangeList(model.Graph.Output); break;
            case 2: ChangeValue(Any(model.Graph.ValueInfo) ?? Any(model.Graph.Output)); break;
            case 3: ChangeList(model.Graph.Initializer); break;
            default:
                if (Any(model.Graph.Node) is { } node) model.Functions.Add(new FunctionProto { Name = node.OpType, Domain = node.Domain });
                break;
        }
    }

    private void ChangeValue(ValueInfoProto? value)
    {
        if (value is null) return;
        RepeatedField<TensorShapeProto.Types.Dimension>? sizes = value.Type?.TensorType?.Shape?.Dim;
        switch (_random.Next(5))
        {
            case 0: value.Type = null; break;
            case 1: if (value.Type?.TensorType is { } tensor) tensor.Shape = null; break;
            case 2: if (value.Type?.TensorType is { } type) type.ElemType = _random.Next(-1, 20); break;
            case 3: if (sizes is not null) ChangeList(sizes); break;
            default: if (sizes is { Count: > 0 }) sizes[_random.Next(sizes.Count)].DimValue = Number(); break;
        }
    }

    private void ChangeSize(RepeatedField<long>? sizes)
    {
        if (sizes is null) return;
        if (sizes.Count == 0 || _random.Next(4) == 0) ChangeList(sizes);
        else sizes[_random.Next(sizes.Count)] = Number();
    }

    /// <summary>Small tensors are shapes, axes and scales.</summary>
    private void ChangeContents(TensorProto? tensor)
    {
        if (tensor is null || _random.Next(8) == 0) tensor?.ClearRawData();
        else if (tensor.DataType == (int)OnnxElementType.Int64 && tensor.RawData.Length >= sizeof(long))
        {
            byte[] bytes = tensor.RawData.ToByteArray();
            BitConverter.TryWriteBytes(bytes.AsSpan(_random.Next(bytes.Length / sizeof(long)) * sizeof(long)), Number());
            tensor.RawData = ByteString.CopyFrom(bytes);
        }
        else if (tensor.DataType == (int)OnnxElementType.Float32 && tensor.RawData.Length is >= sizeof(float) and <= 64)
        {
            tensor.RawData = ByteString.CopyFrom([.. BitConverter.GetBytes(_random.Next(3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => 0f }), .. tensor.RawData.Skip(sizeof(float))]);
        }
        else tensor.DataType = _random.Next(-1, 20);
    }

    private void ChangeAttribute(NodeProto? node)
    {
        if (node is null) return;
        AttributeProto? attribute = Any(node.Attribute);
        if (attribute is null)
        {
            string name = Any("axis", "num_heads", "axes", "perm", "split", "equation", "to", "allowzero", "q_num_heads", "kv_num_heads", "transB", "pads", "strides", "kernel_shape");
            node.Attribute.Add(new AttributeProto { Name = name, I = Number(), S = ByteString.CopyFromUtf8(Any(_equations)), Ints = { Number(), Number() } });
            return;
        }
        switch (_random.Next(5))
        {
            case 0: node.Attribute.Remove(attribute); break;
            case 1: attribute.I = Number(); break;
            case 2: ChangeSize(attribute.Ints); break;
            case 3: attribute.F = _random.Next(2) == 0 ? float.NaN : 0; break;
            default: attribute.S = ByteString.CopyFromUtf8(Any(_equations)); break;
        }
    }

    private void ChangeInputs(GraphProto graph, NodeProto? node)
    {
        if (node is null) return;
        string[] values = ["", "sample", "encoder_hidden_states", .. graph.Node.SelectMany(other => other.Output), .. graph.Initializer.Select(tensor => tensor.Name)];
        if (node.Input.Count == 0 || _random.Next(4) == 0) ChangeList(node.Input);
        else if (_random.Next(6) == 0) ChangeList(node.Output);
        else node.Input[_random.Next(node.Input.Count)] = Any(values);
    }

    private void ChangeOperator(NodeProto? node)
    {
        if (node is null) return;
        node.OpType = Any(_operators);
        if (_random.Next(3) == 0) node.Domain = Any("", "com.microsoft", "com.microsoft.nchwc", "some.where");
    }

    /// <summary>An entry is dropped, or stands twice.</summary>
    private void ChangeList<T>(RepeatedField<T> list)
    {
        if (list.Count == 0) return;
        int place = _random.Next(list.Count);
        if (_random.Next(3) == 0) list.Insert(_random.Next(list.Count), list[place] is IDeepCloneable<T> message ? message.Clone() : list[place]);
        else list.RemoveAt(place);
    }

    private long Number() => _numbers[_random.Next(_numbers.Length)];

    private T Any<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private T? Any<T>(RepeatedField<T> list) where T : class => list.Count == 0 ? null : list[_random.Next(list.Count)];
}
