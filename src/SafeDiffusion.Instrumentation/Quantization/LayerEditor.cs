using System.Globalization;
using System.Runtime.InteropServices;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>
/// Lets nodes of a graph run in whole numbers: <c>QuantizeLinear</c>, then <c>com.microsoft.MatMulIntegerToFloat</c> for a product, or
/// <c>QLinearConv</c> and <c>DequantizeLinear</c> for a convolution. Ranges are fixed: a range that is taken from what is in a call
/// would let one picture's rows change another's.
/// </summary>
/// <param name="model">The model that the weights are read from.</param>
/// <param name="quantizable">The graph to edit.</param>
/// <param name="data">Where weights go that were beside the model; null to put all into the graph.</param>
internal sealed class LayerEditor(OnnxModelFile model, QuantizableGraph quantizable, ExternalDataFile? data)
{
    private const string Prefix = "safediffusion.int8/";
    private const string Domain = "com.microsoft";
    private readonly GraphProto _graph = quantizable.Graph.Graph;
    private readonly HashSet<string> _taken = [.. quantizable.Graph.Graph.Node.SelectMany(node => node.Output.Append(node.Name)), .. quantizable.Graph.Graph.Initializer.Select(tensor => tensor.Name),
        .. quantizable.Graph.Graph.Input.Select(input => input.Name)];
    private readonly Dictionary<string, string> _shared = [];
    private readonly HashSet<NodeProto> _replaced = new(ReferenceEqualityComparer.Instance);

    /// <summary>Edits one node.</summary>
    public void Edit(WeightedNode weighted, QuantizedLayer layer)
    {
        float[] bias = weighted.Bias is null ? [] : FloatElements.Read(model, weighted.Bias);
        float[] weights = FloatElements.Read(model, weighted.Weight.Tensor!);
        if (weighted.IsConvolution) EditConvolution(weighted, layer, WholeWeights.OfConvolution(weights, (int)weighted.Weight.Tensor!.Dims[0], bias, layer.Input.Scale), bias);
        else EditProduct(weighted, layer, weights);
    }

    /// <summary>Drops what nobody needs any more, and puts the nodes in order.</summary>
    public void Finish()
    {
        ModelProto edited = quantizable.Graph.Model;
        if (!OnnxValues.Opsets(edited).ContainsKey(Domain)) edited.OpsetImport.Add(new OperatorSetIdProto { Domain = Domain, Version = 1 });
        NodeProto[] kept = [.. _graph.Node.Where(node => !_replaced.Contains(node))];
        _graph.Node.Clear();
        _graph.Node.Add(kept);
        LiveGraph.Keep(model.Path, edited);
        LiveGraph.KeepUsedInitializers(edited);
    }

    private void EditProduct(WeightedNode weighted, QuantizedLayer layer, float[] weights)
    {
        TensorProto stored = weighted.Weight.Tensor!;
        bool transposed = weighted.Weight.IsTransposed;
        int columns = (int)stored.Dims[transposed ? 0 : 1];
        WholeWeights whole = WholeWeights.OfProduct(weights, columns, transposed);
        string weight = Stored(weighted, OnnxElementType.Int8, MemoryMarshal.AsBytes<sbyte>(whole.Values).ToArray(), weights.Length / columns, columns);
        NodeProto node = weighted.Node;
        string input = Quantized(node.Input[0], layer.Input);
        NodeProto product = Made("MatMulIntegerToFloat", Domain, node.Name, [input, weight, Number(layer.Input.Scale), Numbers(whole.Scales), Level(layer.Input.ZeroPoint), Zeros(columns)]);
        if (weighted.Bias is not null) product.Input.Add(weighted.BiasNode is { } add ? add.InputAt(add.InputAt(0) == node.Output[0] ? 1 : 0) : node.InputAt(2));
        Replace(weighted, product);
    }

    private void EditConvolution(WeightedNode weighted, QuantizedLayer layer, WholeWeights whole, float[] bias)
    {
        ValueRange range = layer.Output!.Value;
        NodeProto node = weighted.Node;
        string weight = Stored(weighted, OnnxElementType.Int8, MemoryMarshal.AsBytes<sbyte>(whole.Values).ToArray(), [.. weighted.Weight.Tensor!.Dims]);
        NodeProto convolution = Made("QLinearConv", "", node.Name,
        [
            Quantized(node.Input[0], layer.Input), Number(layer.Input.Scale), Level(layer.Input.ZeroPoint), weight, Numbers(whole.Scales), Zeros(whole.Scales.Length),
            Number(range.Scale), Level(range.ZeroPoint),
        ]);
        convolution.Attribute.Add(node.Attribute);
        if (bias.Length > 0)
        {
            int[] rounded = [.. bias.Select((value, channel) => (int)Math.Round((double)value / ((double)layer.Input.Scale * whole.Scales[channel])))];
            convolution.Input.Add(Initializer("bias", OnnxElementType.Int32, MemoryMarshal.AsBytes<int>(rounded).ToArray(), rounded.Length));
        }
        convolution.Output.Add(Unique($"{Prefix}{node.Output[0]}"));
        _graph.Node.Add(convolution);
        Replace(weighted, Made("DequantizeLinear", "", "", [convolution.Output[0], Number(range.Scale), Level(range.ZeroPoint)]));
    }

    /// <summary>Puts a node that makes float32 into another's place, with a Cast where the graph computes in float16.</summary>
    private void Replace(WeightedNode weighted, NodeProto node)
    {
        string output = weighted.Output;
        OnnxElementType type = quantizable.Facts[weighted.Node.Output[0]].Type;
        _replaced.Add(weighted.Node);
        if (weighted.BiasNode is { } add) _replaced.Add(add);
        node.Output.Add(type == OnnxElementType.Float32 ? output : Unique($"{Prefix}{output}.float"));
        _graph.Node.Add(node);
        if (type == OnnxElementType.Float32) return;
        NodeProto cast = Made("Cast", "", "", [node.Output[0]], Attributes.Of("to", (int)type));
        cast.Output.Add(output);
        _graph.Node.Add(cast);
    }

    /// <summary>A value in 8 bits; readers that agree on the range share it.</summary>
    private string Quantized(string value, ValueRange range) => Shared($"quantized {value} {range}", () =>
    {
        string source = quantizable.Facts[value].Type == OnnxElementType.Float32 ? value : Shared($"float {value}", () => Added("Cast", $"{value}.float", [value], Attributes.Of("to", (int)OnnxElementType.Float32)));
        return Added("QuantizeLinear", value, [source, Number(range.Scale), Level(range.ZeroPoint)]);
    });

    private string Added(string operation, string hint, string[] inputs, params AttributeProto[] attributes)
    {
        NodeProto node = Made(operation, "", "", inputs, attributes);
        node.Output.Add(Unique($"{Prefix}{hint}"));
        _graph.Node.Add(node);
        return node.Output[0];
    }

    private static NodeProto Made(string operation, string domain, string name, string[] inputs, params AttributeProto[] attributes)
    {
        NodeProto node = new() { OpType = operation, Domain = domain, Name = name };
        node.Input.Add(inputs);
        node.Attribute.Add(attributes);
        return node;
    }

    /// <summary>A weight's rounded elements, under a name that still tells which it is.</summary>
    private string Stored(WeightedNode weighted, OnnxElementType type, byte[] bytes, params long[] shape)
    {
        TensorProto source = weighted.Weight.Tensor!;
        TensorProto tensor = new() { Name = Unique($"{weighted.Weight.Value}.int8"), DataType = (int)type };
        tensor.Dims.Add(shape);
        if (data is not null && source.DataLocation == TensorProto.Types.DataLocation.External) data.Put(tensor, bytes);
        else TensorContents.Replace(tensor, bytes);
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private string Number(float value) => Shared(string.Create(CultureInfo.InvariantCulture, $"number {value:R}"), () => Initializer("scale", OnnxElementType.Float32, BitConverter.GetBytes(value)));

    private string Level(byte value) => Shared(string.Create(CultureInfo.InvariantCulture, $"level {value}"), () => Initializer("level", OnnxElementType.UInt8, [value]));

    /// <summary>One for each node: ONNX Runtime's conversion to U8U8 refuses zero points that nodes share.</summary>
    private string Zeros(int count) => Initializer("zeros", OnnxElementType.Int8, new byte[count], count);

    private string Numbers(float[] values) => Initializer("scales", OnnxElementType.Float32, MemoryMarshal.AsBytes<float>(values).ToArray(), values.Length);

    private string Initializer(string hint, OnnxElementType type, byte[] bytes, params long[] shape)
    {
        TensorProto tensor = new() { Name = Unique(Prefix + hint), DataType = (int)type };
        tensor.Dims.Add(shape);
        TensorContents.Replace(tensor, bytes);
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private string Shared(string key, Func<string> make)
    {
        if (!_shared.TryGetValue(key, out string? value)) _shared[key] = value = make();
        return value;
    }

    private string Unique(string name)
    {
        string unique = name;
        for (int i = 2; !_taken.Add(unique); i++) unique = string.Create(CultureInfo.InvariantCulture, $"{name}.{i}");
        return unique;
    }
}
