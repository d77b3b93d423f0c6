using System.Globalization;
using Google.Protobuf;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>Adds nodes to a graph, under names of its own; constants and casts are made once.</summary>
internal sealed class GraphBuilder
{
    private readonly GraphProto _graph;
    private readonly HashSet<string> _names;
    private readonly Dictionary<string, string> _shared = [];
    private readonly List<NodeProto> _added = [];

    public GraphBuilder(string file, GraphProto graph, long opset)
    {
        File = file;
        _graph = graph;
        Opset = opset;
        _names = [.. graph.Node.SelectMany(node => node.Output.Append(node.Name)), .. graph.Initializer.Select(tensor => tensor.Name),
            .. graph.Input.Select(input => input.Name)];
    }

    public string File { get; }

    public long Opset { get; }

    /// <summary>The values that took others' places: new to old.</summary>
    public Dictionary<string, string> Replaced { get; } = [];

    /// <summary>Adds a node with one output, whose name is returned.</summary>
    public string Add(string operation, string hint, string[] inputs, params AttributeProto[] attributes) =>
        Add(operation, hint, inputs, Unique($"{Instrumented.Prefix}{hint}"), attributes);

    /// <summary>Adds a node whose output has a name of the caller's.</summary>
    public string Named(string operation, string output, string[] inputs, params AttributeProto[] attributes) =>
        Add(operation, output, inputs, output, attributes);

    /// <summary>Adds a copy of a node with other inputs and one output of its own.</summary>
    public string Copy(NodeProto node, string hint, string firstInput)
    {
        NodeProto copy = node.Clone();
        copy.MetadataProps.Clear();
        copy.Name = Unique($"{Instrumented.Prefix}{hint}.node");
        copy.Input[0] = firstInput;
        copy.Output.Clear();
        copy.Output.Add(Unique($"{Instrumented.Prefix}{hint}"));
        _added.Add(copy);
        return copy.Output[0];
    }

    public string Integers(params long[] values) => Shared($"int64 {string.Join(",", values)}", () =>
    {
        TensorProto tensor = new() { DataType = (int)OnnxElementType.Int64, RawData = Bytes(values, BitConverter.GetBytes) };
        tensor.Dims.Add(values.Length);
        return Constant(tensor, "integers");
    });

    public string Number(double value) => Shared(string.Create(CultureInfo.InvariantCulture, $"float {(float)value:R}"), () =>
        Constant(new TensorProto { DataType = (int)OnnxElementType.Float32, RawData = Bytes([(float)value], BitConverter.GetBytes) }, "number"));

    public string Numbers(float[] values)
    {
        TensorProto tensor = new() { DataType = (int)OnnxElementType.Float32, RawData = Bytes(values, BitConverter.GetBytes) };
        tensor.Dims.Add(values.Length);
        return Constant(tensor, "numbers");
    }

    public string Cast(string value, OnnxElementType from, OnnxElementType to) => from == to
        ? value
        : Shared($"cast {(int)to} {value}", () => Add("Cast", "cast", [value], Attributes.Of("to", (int)to)));

    public string Shared(string key, Func<string> make)
    {
        if (!_shared.TryGetValue(key, out string? value))
            _shared[key] = value = make();
        return value;
    }

    public string Unsqueeze(string value, string hint, long axis) => Opset < 13
        ? Add("Unsqueeze", hint, [value], Attributes.Of("axes", [axis]))
        : Add("Unsqueeze", hint, [value, Integers(axis)]);

    public string Mean(string value, string hint, params long[] axes) => Opset < 18
        ? Add("ReduceMean", hint, [value], Attributes.Of("axes", axes), Attributes.Of("keepdims", 0))
        : Add("ReduceMean", hint, [value, Integers(axes)], Attributes.Of("keepdims", 0));

    /// <summary>A part of a one-dimensional value.</summary>
    public string Part(string value, string hint, long start, long end) =>
        Shared($"part {start} {end} {value}", () => Add("Slice", hint, [value, Integers(start), Integers(end), Integers(0)]));

    public string Concat(string hint, params string[] parts) => Add("Concat", hint, parts, Attributes.Of("axis", 0));

    public string Transpose(string value, string hint, params long[] order) => Add("Transpose", hint, [value], Attributes.Of("perm", order));

    /// <summary>Lets every node that is already there use a new value in place of an old one.</summary>
    public void Replace(string before, string after)
    {
        foreach (NodeProto node in _graph.Node)
            Rewiring.Replace(node, before, after);
        Replaced[after] = before;
    }

    /// <summary>Lets one node use a new value at one of its inputs.</summary>
    public void Replace(NodeProto node, int input, string after)
    {
        Replaced[after] = node.Input[input];
        node.Input[input] = after;
    }

    /// <summary>Puts the added nodes into the graph and sorts it.</summary>
    public void Finish()
    {
        _graph.Node.Add(_added);
        IReadOnlyList<NodeProto> sorted = TopologicalOrder.Of(File, _graph);
        _graph.Node.Clear();
        _graph.Node.Add(sorted);
    }

    private string Add(string operation, string hint, string[] inputs, string output, AttributeProto[] attributes)
    {
        NodeProto node = new() { OpType = operation, Name = Unique($"{Instrumented.Prefix}{hint}.node") };
        node.Input.Add(inputs);
        node.Output.Add(output);
        node.Attribute.Add(attributes);
        _added.Add(node);
        return output;
    }

    private string Constant(TensorProto tensor, string hint) => Add("Constant", hint, [], Attributes.Of("value", tensor));

    private string Unique(string name)
    {
        string unique = name;
        for (int i = 2; !_names.Add(unique); i++)
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}.{i}");
        return unique;
    }

    private static ByteString Bytes<T>(T[] values, Func<T, byte[]> convert) => ByteString.CopyFrom([.. values.SelectMany(convert)]);
}
