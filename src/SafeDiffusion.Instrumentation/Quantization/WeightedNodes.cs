using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>
/// Finds the layers that can run in whole numbers: convolutions and products with stored weights on the latents' way. What does not depend
/// on the latents is left as it is: the time embedding, and the keys and values of cross-attention, by which every protection reads and
/// steers. So are the outputs of cross-attention, whose inputs inhibition and re-weighting change beyond what calibration sees, and the
/// first and the last convolution.
/// </summary>
internal sealed class WeightedNodes
{
    private readonly GraphIndex _graph;
    private readonly Dictionary<string, Facts> _facts;
    private readonly ILookup<string, NodeProto> _users;
    private readonly HashSet<string> _outputs;
    private readonly HashSet<NodeProto> _attention;
    private readonly HashSet<NodeProto> _steered;

    private WeightedNodes(QuantizableGraph quantizable)
    {
        _graph = quantizable.Graph;
        _facts = quantizable.Facts;
        _users = _graph.Graph.Node.SelectMany(node => TopologicalOrder.Uses(node).Distinct().Select(value => (value, node))).ToLookup(use => use.value, use => use.node);
        _outputs = [.. _graph.Graph.Output.Select(output => output.Name)];
        _attention = new(quantizable.SelfAttention.Concat(quantizable.CrossAttention)
            .SelectMany(layer => new[] { layer.Core.Query.Node, layer.Core.Key.Node, layer.Core.Value.Node, layer.Core.OutputProjection?.Node }).OfType<NodeProto>(), ReferenceEqualityComparer.Instance);
        _steered = new(quantizable.CrossAttention.SelectMany(layer => new[] { layer.Core.Key.Node, layer.Core.Value.Node, layer.Core.OutputProjection?.Node }).OfType<NodeProto>(), ReferenceEqualityComparer.Instance);
    }

    /// <summary>The layers in the order of evaluation.</summary>
    public static IReadOnlyList<WeightedNode> Of(QuantizableGraph quantizable)
    {
        WeightedNodes finder = new(quantizable);
        HashSet<string> latents = [quantizable.Input];
        List<NodeProto> dependent = [];
        foreach (NodeProto node in finder._graph.Nodes.Where(finder._graph.Live.Contains))
        {
            if (!TopologicalOrder.Uses(node).Any(latents.Contains) || node.Operator() is "Shape" or "Size") continue;
            latents.UnionWith(node.Output);
            dependent.Add(node);
        }
        NodeProto[] convolutions = [.. dependent.Where(node => node.Operator() == "Conv")];
        return [.. dependent.Where(node => node.Operator() is "MatMul" or "Gemm" || convolutions.Length > 2 && node.Operator() == "Conv" && node != convolutions[0] && node != convolutions[^1])
            .Where(node => latents.Contains(node.InputAt(0)) && !finder._steered.Contains(node))
            .Select(finder.Describe).OfType<WeightedNode>()];
    }

    private WeightedNode? Describe(NodeProto node)
    {
        WeightSource weight = WeightSource.Of(_graph, _facts, node, node.InputAt(1));
        Facts input = FactsOf(node.InputAt(0)), output = FactsOf(node.Output[0]);
        if (weight.Tensor is not { } tensor || !IsFloat((OnnxElementType)tensor.DataType) || !IsFloat(input.Type) || input.Shape is null || output.Shape is not { Length: >= 2 } made) return null;
        return node.OpType == "Conv" ? Convolution(node, weight, made) : Product(node, weight, made);
    }

    private WeightedNode? Convolution(NodeProto node, WeightSource weight, long[] made)
    {
        if (weight.Tensor!.Dims.Count != 4 || weight.Way.Any(step => step.OpType == "Transpose")) return null;
        TensorProto? bias = node.InputAt(2).Length > 0 ? WeightSource.Of(_graph, _facts, node, node.InputAt(2)).Tensor : null;
        if (node.InputAt(2).Length > 0 && !(bias is not null && IsFloat((OnnxElementType)bias.DataType))) return null;
        return new(Layer(node, LayerRole.Convolution, weight.Tensor, made), node, weight, bias, null);
    }

    private WeightedNode? Product(NodeProto node, WeightSource weight, long[] made)
    {
        if (weight.Tensor!.Dims.Count != 2 || node.Int("transA", 0) != 0 || (node.Float("alpha") ?? 1) != 1 || (node.Float("beta") ?? 1) != 1) return null;
        QuantizableLayer layer = Layer(node, _attention.Contains(node) ? LayerRole.Attention : LayerRole.Product, weight.Tensor, made);
        if (node.OpType == "Gemm" && node.InputAt(2).Length > 0) return Vector(node.InputAt(2), made[^1]) is { } own ? new(layer, node, weight, own, null) : null;
        return Following(node, made[^1]) is var (add, bias) ? new(layer, node, weight, bias, add) : new(layer, node, weight, null, null);
    }

    /// <summary>The Add of a bias, where it alone uses a product.</summary>
    private (NodeProto Add, TensorProto Bias)? Following(NodeProto node, long columns)
    {
        string product = node.Output[0];
        if (_outputs.Contains(product) || _users[product].ToArray() is not [var add] || add.Operator() != "Add" || add.InputAt(0) == add.InputAt(1)) return null;
        return Vector(add.InputAt(add.InputAt(0) == product ? 1 : 0), columns) is { } bias ? (add, bias) : null;
    }

    /// <summary>A stored float32 vector.</summary>
    private TensorProto? Vector(string value, long length) =>
        _graph.Initializer(value) is { DataType: (int)OnnxElementType.Float32, Dims: [var size] } tensor && size == length ? tensor : null;

    private static QuantizableLayer Layer(NodeProto node, LayerRole role, TensorProto weight, long[] made)
    {
        long weights = weight.Dims.Aggregate(1L, (count, size) => count * size);
        long positions = role == LayerRole.Convolution ? made[2..].Aggregate(1L, (count, size) => count * size) : made[..^1].Aggregate(1L, (count, size) => count * size) / Math.Max(1, made[0]);
        return new(node.Label(), node.Output[0], role, node.InputAt(0), role == LayerRole.Convolution, weights, weights * Math.Max(1, positions));
    }

    private Facts FactsOf(string value) => _facts.GetValueOrDefault(value, Facts.Unknown);

    private static bool IsFloat(OnnxElementType type) => type is OnnxElementType.Float32 or OnnxElementType.Float16;
}
