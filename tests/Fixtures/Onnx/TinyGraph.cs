using System.Runtime.InteropServices;
using Google.Protobuf;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Fixtures.Onnx;

/// <summary>Writes ONNX networks of a few nodes, as stand-ins for large ones.</summary>
internal sealed class TinyGraph
{
    private readonly GraphProto _graph = new() { Name = "tiny" };
    private int _count;

    /// <summary>Declares an input; a size below 0 is open.</summary>
    public TinyGraph Input(string name, OnnxElementType type, params long[] sizes)
    {
        _graph.Input.Add(Declare(name, type, sizes));
        return this;
    }

    /// <summary>Makes a value an output.</summary>
    public TinyGraph Output(string name, OnnxElementType type, string value, params long[] sizes)
    {
        _graph.Output.Add(Declare(name, type, sizes));
        NodeProto identity = new() { OpType = "Identity" };
        identity.Input.Add(value);
        identity.Output.Add(name);
        _graph.Node.Add(identity);
        return this;
    }

    /// <summary>Adds a node and gives its output's name.</summary>
    public string Node(string operation, string[] inputs, params AttributeProto[] attributes)
    {
        NodeProto node = new() { OpType = operation };
        node.Input.Add(inputs);
        node.Output.Add($"value{_count++}");
        node.Attribute.Add(attributes);
        _graph.Node.Add(node);
        return node.Output[0];
    }

    /// <summary>The mean over axes, which are dropped.</summary>
    public string Mean(string input, params long[] axes) => Node("ReduceMean", [input], Attributes.Of("axes", axes), Attributes.Of("keepdims", 0));

    public string Floats(float[] values, params long[] sizes) => Constant(OnnxElementType.Float32, MemoryMarshal.AsBytes<float>(values), sizes);

    public string Integers(long[] values, params long[] sizes) => Constant(OnnxElementType.Int64, MemoryMarshal.AsBytes<long>(values), sizes);

    public string Save(string path)
    {
        ModelProto model = new() { IrVersion = 8, ProducerName = "hand", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    private string Constant(OnnxElementType type, ReadOnlySpan<byte> bytes, long[] sizes)
    {
        TensorProto tensor = new() { Name = $"constant{_graph.Initializer.Count}", DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(sizes);
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private static ValueInfoProto Declare(string name, OnnxElementType type, long[] sizes)
    {
        TensorShapeProto shape = new();
        shape.Dim.Add(sizes.Select((size, axis) => size < 0
            ? new TensorShapeProto.Types.Dimension { DimParam = axis == 0 ? "batch" : $"{name}_{axis}" }
            : new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
