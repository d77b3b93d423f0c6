using System.Runtime.InteropServices;
using Google.Protobuf;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>
/// A graph with one cross-attention, built node by node: latents [B, 4, H, W] as queries, text [B, N, D]. All ways of writing compute the
/// same, from the same weights, as <c>MiniReference</c> does by the formulas of the specification.
/// </summary>
internal sealed class MiniUNet
{
    public const int Channels = 4;
    public const int TextWidth = 6;
    public const int HeadWidth = 3;
    private readonly GraphProto _graph = new() { Name = "mini" };
    private readonly Writing _writing;
    private int _count;

    public MiniUNet(Writing writing)
    {
        _writing = writing;
        Heads = writing == Writing.OneHead ? 1 : 2;
        HasBias = writing is Writing.GemmOnFlatRows or Writing.GemmTransposedWeight or Writing.MultiHeadWithBias or Writing.Plain;
        Random random = new(20 + (int)writing);
        Query = Random(random, Channels * Width);
        Key = Random(random, TextWidth * Width);
        Value = Random(random, TextWidth * Width);
        Output = Random(random, Width * Channels);
        Biases = [.. new[] { 0, 1, 2 }.Select(_ => HasBias ? Random(random, Width) : new float[Width])];
        OutputBias = Random(random, Channels);
    }

    public int Heads { get; }

    public int Width => Heads * HeadWidth;

    public bool HasBias { get; }

    public float[] Query { get; }

    public float[] Key { get; }

    public float[] Value { get; }

    public float[] Output { get; }

    public float[][] Biases { get; }

    public float[] OutputBias { get; }

    public bool HeadsInnermost => _writing == Writing.HeadInterleavedColumns;

    /// <summary>Whether a strided convolution that picks every second pixel stands before the attention.</summary>
    public bool IsHalved => _writing is Writing.HalvedGrid or Writing.LowOpset;

    public OnnxModelFile Build()
    {
        bool low = _writing == Writing.LowOpset;
        ModelProto model = new() { IrVersion = 8, ProducerName = "hand", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = _writing is Writing.OperatorThreeDimensions or Writing.OperatorFourDimensions ? 23 : low ? 12 : 17 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        _graph.Input.Add(Declared("sample", "batch", "channels", "height", "width"));
        _graph.Input.Add(Declared("encoder_hidden_states", "batch", "tokens", ""));
        _graph.Input[0].Type.TensorType.Shape.Dim[1] = new() { DimValue = Channels };
        _graph.Input[1].Type.TensorType.Shape.Dim[2] = new() { DimValue = TextWidth };
        if (_writing == Writing.FixedSizes)
            Fix();
        string features = IsHalved ? Halved() : "sample";
        string pixels = Node("Transpose", [features], Attributes.Of("perm", 0, 2, 3, 1));
        string batch = Node("Slice", [Node("Shape", ["sample"]), Integers(0), Integers(1)]);
        string hidden = _writing == Writing.FourDimensionalQueries ? pixels : Node("Reshape", [pixels, Node("Concat", [batch, Integers(-1, Channels)], Attributes.Of("axis", 0))]);
        string attended = Attention(hidden, batch);
        string projected = Node("Add", [Node("MatMul", [attended, Floats(Output, Width, Channels)]), Floats(OutputBias, Channels)]);
        string map = Node("Reshape", [projected, Node("Shape", [pixels])]);
        NodeProto last = new() { OpType = "Transpose", Name = "last" };
        last.Input.Add(map);
        last.Output.Add("out_sample");
        last.Attribute.Add(Attributes.Of("perm", 0, 3, 1, 2));
        _graph.Node.Add(last);
        _graph.Output.Add(Declared("out_sample", "batch", "channels", "out_height", "out_width"));
        return new OnnxModelFile("/nowhere/mini.onnx", model);
    }

    /// <summary>For each head its keys, then its values.</summary>
    private float[] PackedHeads() => [.. from row in Enumerable.Range(0, TextWidth)
                                         from head in Enumerable.Range(0, Heads)
                                         from weight in new[] { Key, Value }
                                         from column in Enumerable.Range(0, HeadWidth)
                                         select weight[(row * Width) + (head * HeadWidth) + column]];

    private void Fix()
    {
        (ValueInfoProto Input, long[] Sizes)[] all = [(_graph.Input[0], [1, Channels, 4, 6]), (_graph.Input[1], [1, 7, TextWidth])];
        foreach ((ValueInfoProto input, long[] sizes) in all)
        {
            input.Type.TensorType.Shape.Dim.Clear();
            input.Type.TensorType.Shape.Dim.Add(sizes.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        }
    }

    private string Attention(string hidden, string batch) => _writing switch
    {
        Writing.MultiHeadWithBias => Node("com.microsoft.MultiHeadAttention", [Product(hidden, Query, Channels), Product("encoder_hidden_states", Key, TextWidth),
            Product("encoder_hidden_states", Value, TextWidth), Floats([.. Biases[0], .. Biases[1], .. Biases[2]], 3 * Width)], Attributes.Of("num_heads", Heads)),
        Writing.PackedMultiHead => Node("com.microsoft.MultiHeadAttention", [Product(hidden, Query, Channels),
            Node("Reshape", [Node("MatMul", ["encoder_hidden_states", Floats(PackedHeads(), TextWidth, 2 * Width)]), Integers(0, 0, Heads, 2, HeadWidth)])], Attributes.Of("num_heads", Heads)),
        Writing.OperatorThreeDimensions => Node("Attention", [Product(hidden, Query, Channels), Product("encoder_hidden_states", Key, TextWidth),
            Product("encoder_hidden_states", Value, TextWidth)], Attributes.Of("q_num_heads", Heads), Attributes.Of("kv_num_heads", Heads)),
        Writing.OperatorFourDimensions => Joined(Node("Attention", [Split(Product(hidden, Query, Channels), 0, 2, 1, 3),
            Split(Product("encoder_hidden_states", Key, TextWidth), 0, 2, 1, 3), Split(Product("encoder_hidden_states", Value, TextWidth), 0, 2, 1, 3)])),
        _ => Products(hidden, batch),
    };

    private string Products(string hidden, string batch)
    {
        float[] query = _writing == Writing.ScaleFoldedIntoQuery ? [.. Query.Select(value => value * Scale)] : Query;
        (string keys, string values) = KeysAndValues();
        string queries = Projected(hidden, query, Channels, 0);
        if (_writing == Writing.FourDimensionalQueries)
            queries = Node("Reshape", [queries, Node("Concat", [batch, Integers(-1, Width)], Attributes.Of("axis", 0))]);
        if (_writing == Writing.EinsumHeadsApart)
            return Joined(Node("Einsum", [Softmax(Scaled(Node("Einsum", [Split(queries), Split(keys)], Attributes.Of("equation", "bqhd,bkhd->bhqk")))), Split(values)],
                Attributes.Of("equation", "bhqk,bkhd->bqhd")), transposed: true);
        if (_writing == Writing.KeysTimesQueries)
            return TheOtherWayRound(queries, keys, values);
        if (_writing == Writing.HeadInterleavedColumns)
            return Interleaved(queries, keys, values);
        bool merged = _writing is Writing.HeadsInBatch or Writing.Einsum;
        string q = Node("Transpose", [Split(queries)], Attributes.Of("perm", 0, 2, 1, 3));
        string k = Split(keys, 0, 2, 1, 3);
        string v = Split(values, 0, 2, 1, 3);
        if (merged)
            (q, k, v) = (Merged(q), Merged(k), Merged(v));
        string scores = _writing switch
        {
            Writing.Einsum => Node("Einsum", [q, k], Attributes.Of("equation", "b i d, b j d -> b i j")),
            Writing.FusedMatMul => Node("com.microsoft.FusedMatMul", [q, k], Attributes.Of("transB", 1), new AttributeProto { Name = "alpha", F = Scale, Type = AttributeProto.Types.AttributeType.Float }),
            Writing.HeadsInBatch => Node("MatMul", [q, Node("Transpose", [k], Attributes.Of("perm", 0, 2, 1))]),
            _ => Node("MatMul", [q, Node("Transpose", [k], Attributes.Of("perm", 0, 1, 3, 2))]),
        };
        string attended = Node("MatMul", [Softmax(Scaled(scores)), v]);
        if (merged)
            attended = Node("Reshape", [attended, Apart(attended)]);
        return Joined(attended);
    }

    private static float Scale => 1 / MathF.Sqrt(HeadWidth);

    /// <summary>[B h, P, d] back to [B, h, P, d]: 0 would copy the wrong axis, so the sizes are computed.</summary>
    private string Apart(string value) => Node("Concat", [Integers(-1, Heads), Node("Slice", [Node("Shape", [value]), Integers(1), Integers(3)])], Attributes.Of("axis", 0));

    private string Merged(string value) =>
        Node("Reshape", [value, Node("Concat", [Integers(-1), Node("Slice", [Node("Shape", [value]), Integers(2), Integers(4)])], Attributes.Of("axis", 0))]);

    /// <summary>Columns in order (width, head): a projection may count its heads the other way round.</summary>
    private string Interleaved(string queries, string keys, string values)
    {
        string Turned(string value) => Node("Transpose", [Node("Reshape", [value, Integers(0, 0, HeadWidth, Heads)])], Attributes.Of("perm", 0, 3, 1, 2));
        string scores = Node("MatMul", [Turned(queries), Node("Transpose", [Turned(keys)], Attributes.Of("perm", 0, 1, 3, 2))]);
        return Joined(Node("MatMul", [Softmax(Scaled(scores)), Turned(values)]));
    }

    /// <summary>Scores [B, h, N, P], a Softmax over the last axis but one, and values times probabilities: [B, h, d, P].</summary>
    private string TheOtherWayRound(string queries, string keys, string values)
    {
        string scores = Scaled(Node("MatMul", [Split(keys, 0, 2, 1, 3), Split(queries, 0, 2, 3, 1)]));
        string probabilities = Node("Softmax", [scores], Attributes.Of("axis", -2));
        string attended = Node("MatMul", [Split(values, 0, 2, 3, 1), probabilities]);
        return Node("Reshape", [Node("Transpose", [attended], Attributes.Of("perm", 0, 3, 1, 2)), Integers(0, 0, Width)]);
    }

    private (string Keys, string Values) KeysAndValues()
    {
        const string Text = "encoder_hidden_states";
        if (_writing is not (Writing.SplitKeysAndValues or Writing.SliceKeysAndValues))
            return (Projected(Text, Key, TextWidth, 1), Projected(Text, Value, TextWidth, 2));
        float[] both = [.. Enumerable.Range(0, TextWidth).SelectMany(row => Key[(row * Width)..((row + 1) * Width)].Concat(Value[(row * Width)..((row + 1) * Width)]))];
        string packed = Node("MatMul", [Text, Floats(both, TextWidth, 2 * Width)]);
        if (_writing == Writing.SliceKeysAndValues)
            return (Node("Slice", [packed, Integers(0), Integers(Width), Integers(2)]), Node("Slice", [packed, Integers(Width), Integers(long.MaxValue), Integers(-1)]));
        NodeProto split = new() { OpType = "Split", Name = "split" };
        split.Input.Add(packed);
        split.Output.Add(["keys", "values"]);
        split.Attribute.Add(Attributes.Of("axis", -1));
        _graph.Node.Add(split);
        return ("keys", "values");
    }

    private string Projected(string input, float[] weight, int rows, int part)
    {
        float[] bias = Biases[part];
        if (_writing is Writing.GemmOnFlatRows or Writing.GemmTransposedWeight)
        {
            bool turned = _writing == Writing.GemmTransposedWeight;
            string flat = Node("Reshape", [input, Integers(-1, rows)]);
            string product = Node("Gemm", [flat, turned ? Floats(Turned(weight, rows), Width, rows) : Floats(weight, rows, Width), Floats(bias, Width)], Attributes.Of("transB", turned ? 1 : 0));
            string first = Node("Slice", [Node("Shape", [input]), Integers(0), Integers(2)]);
            return Node("Reshape", [product, Node("Concat", [first, Integers(Width)], Attributes.Of("axis", 0))]);
        }
        string value = Product(input, weight, rows);
        if (HasBias)
            value = Node("Add", [Floats(bias, 1, 1, Width), value]);
        if (_writing == Writing.FlattenedValuesScaled && part == 2)
            value = Node("Div", [Node("Mul", [value, Floats([4])]), Floats([2])]);
        return _writing switch
        {
            Writing.IdentityAndDropout => Node("Dropout", [Node("Identity", [value])]),
            Writing.DoubleCast => Node("Cast", [Node("Cast", [value], Attributes.Of("to", 11))], Attributes.Of("to", 1)),
            _ => value,
        };
    }

    private string Product(string input, float[] weight, int rows)
    {
        if (_writing == Writing.FlattenedValuesScaled && ReferenceEquals(weight, Value))
            weight = [.. weight.Select(value => value / 2)];
        return Node("MatMul", [input, _writing == Writing.TransposedWeightAtRunTime
            ? Node("Transpose", [Floats(Turned(weight, rows), Width, rows)])
            : Floats(weight, rows, Width)]);
    }

    private float[] Turned(float[] weight, int rows) => [.. Enumerable.Range(0, Width).SelectMany(column => Enumerable.Range(0, rows).Select(row => weight[(row * Width) + column]))];

    private string Split(string value, params long[] order)
    {
        string split = Node("Reshape", [value, _writing == Writing.ConstantReshapes ? Integers(2, -1, Heads, HeadWidth) : Integers(0, 0, Heads, HeadWidth)]);
        return order.Length == 0 ? split : Node("Transpose", [split], Attributes.Of("perm", order));
    }

    private string Joined(string value, bool transposed = false) =>
        Node("Reshape", [transposed ? value : Node("Transpose", [value], Attributes.Of("perm", 0, 2, 1, 3)), Integers(0, 0, Width)]);

    private string Scaled(string scores) => _writing switch
    {
        Writing.ScaleFoldedIntoQuery or Writing.FusedMatMul => scores,
        Writing.MulScale => Node("Mul", [Node("Sqrt", [Node("Reciprocal", [Floats([HeadWidth])])]), scores]),
        Writing.ZeroMask => Node("Add", [Node("Div", [scores, Floats([1 / Scale])]), Node("Mul", [Node("ConstantOfShape", [Node("Shape", [scores])]), Floats([0])])]),
        _ => Node("Div", [scores, Floats([1 / Scale])]),
    };

    private string Softmax(string scores) => Node("Softmax", [scores], Attributes.Of("axis", -1));

    private string Halved()
    {
        float[] weight = new float[Channels * Channels * 9];
        for (int channel = 0; channel < Channels; channel++)
            weight[(channel * Channels * 9) + (channel * 9) + 4] = 1;
        return Node("Conv", ["sample", Floats(weight, Channels, Channels, 3, 3)], Attributes.Of("strides", 2, 2), Attributes.Of("pads", 1, 1, 1, 1), Attributes.Of("kernel_shape", 3, 3));
    }

    private string Node(string operation, string[] inputs, params AttributeProto[] attributes)
    {
        int domain = operation.LastIndexOf('.');
        NodeProto node = new() { OpType = operation[(domain + 1)..], Name = $"node{_count}" };
        if (domain > 0)
            node.Domain = operation[..domain];
        node.Input.Add(inputs);
        node.Output.Add($"value{_count++}");
        node.Attribute.Add(attributes);
        _graph.Node.Add(node);
        return node.Output[0];
    }

    private string Floats(float[] values, params long[] shape) => Initializer(OnnxElementType.Float32, MemoryMarshal.AsBytes<float>(values), shape);

    private string Integers(params long[] values) => Initializer(OnnxElementType.Int64, MemoryMarshal.AsBytes<long>(values), [values.Length]);

    private string Initializer(OnnxElementType type, ReadOnlySpan<byte> bytes, long[] shape)
    {
        TensorProto tensor = new() { Name = $"constant{_graph.Initializer.Count}", DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(shape);
        if (_writing == Writing.WeightsInConstantNodes)
            return Node("Constant", [], Attributes.Of("value", tensor));
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private static float[] Random(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];

    private static ValueInfoProto Declared(string name, params string[] dimensions)
    {
        TensorShapeProto shape = new();
        shape.Dim.Add(dimensions.Select(dimension => new TensorShapeProto.Types.Dimension { DimParam = dimension }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = shape } } };
    }
}
