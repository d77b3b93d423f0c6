using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs;

/// <summary>
/// Recognises what exporters write as several nodes and the autograd library has as one operator: SiLU, GELU, group normalisation, and
/// affine maps. A small network's time goes into calls, of which this leaves about two thirds. Only what nothing else uses is taken in.
/// </summary>
internal sealed class NodeFusion
{
    private const double Tolerance = 1e-6;
    private readonly IReadOnlyList<GraphNode> _nodes;
    private readonly IReadOnlyDictionary<string, long[]> _shapes;
    private readonly Func<string, Tensor?> _constant;
    private readonly Dictionary<string, GraphNode> _makers;
    private readonly Dictionary<string, int> _uses;

    /// <param name="nodes">The nodes in order.</param>
    /// <param name="outputs">The graph's outputs.</param>
    /// <param name="shapes">The shape of every value, parameters and constants included.</param>
    /// <param name="constant">A value that is the same in every run; null for any other, parameters among them.</param>
    public NodeFusion(IReadOnlyList<GraphNode> nodes, IReadOnlyCollection<string> outputs, IReadOnlyDictionary<string, long[]> shapes, Func<string, Tensor?> constant)
    {
        _nodes = nodes;
        _shapes = shapes;
        _constant = constant;
        _makers = nodes.Where(node => node.Outputs is [{ Length: > 0 }]).ToDictionary(node => node.Outputs[0]);
        _uses = nodes.SelectMany(node => node.Inputs).Concat(outputs).CountBy(name => name).ToDictionary(pair => pair.Key, pair => pair.Value);
    }

    /// <summary>The nodes in order, each group as one in the place of its last.</summary>
    public IEnumerable<GraphNode> Fused()
    {
        Dictionary<GraphNode, GraphNode> fused = new(ReferenceEqualityComparer.Instance);
        HashSet<GraphNode> taken = new(ReferenceEqualityComparer.Instance);
        foreach (GraphNode last in _nodes)
        {
            List<GraphNode> inner = [];
            if ((Silu(last, inner) ?? Gelu(last, inner) ?? GroupNormalization(last, inner) ?? Affine(last, inner)) is not { } one) continue;
            if (inner.Any(node => taken.Contains(node) || fused.ContainsKey(node))) continue;
            fused[last] = one;
            taken.UnionWith(inner);
        }
        return _nodes.Where(node => !taken.Contains(node)).Select(node => fused.GetValueOrDefault(node) ?? node);
    }

    /// <summary><c>x σ(x)</c>.</summary>
    private GraphNode? Silu(GraphNode last, List<GraphNode> inner)
    {
        foreach ((string x, string gate) in Pairs(last, "Mul"))
        {
            inner.Clear();
            if (Maker(gate, "Sigmoid", inner) is { } sigmoid && sigmoid.Inputs[0] == x) return last with { Inputs = [x], Runner = call => [F.silu(call[0])] };
        }
        return null;
    }

    /// <summary><c>x (1 + erf(x / √2)) / 2</c>, multiplied from the left.</summary>
    private GraphNode? Gelu(GraphNode last, List<GraphNode> inner)
    {
        foreach ((string product, string half) in Pairs(last, "Mul"))
        {
            if (!IsNumber(half, 0.5)) continue;
            inner.Clear();
            if (Maker(product, "Mul", inner) is not { } weighted) continue;
            foreach ((string x, string share) in Pairs(weighted, "Mul"))
            {
                inner.RemoveRange(1, inner.Count - 1);
                if (Maker(share, "Add", inner) is not { } sum) continue;
                string? error = Pairs(sum, "Add").FirstOrDefault(pair => IsNumber(pair.Other, 1)).One;
                if (error is null || Maker(error, "Erf", inner) is not { } erf || Maker(erf.Inputs[0], "Div", inner) is not { } scaled) continue;
                if (scaled.Inputs[0] == x && IsNumber(scaled.Inputs[1], Math.Sqrt(2))) return last with { Inputs = [x], Runner = call => [F.gelu(call[0])] };
            }
        }
        return null;
    }

    /// <summary>Instance normalisation of groups that are laid out as channels, and a scale and bias of each channel.</summary>
    private GraphNode? GroupNormalization(GraphNode last, List<GraphNode> inner)
    {
        foreach ((string scaled, string bias) in Pairs(last, "Add"))
        {
            inner.Clear();
            if (Maker(scaled, "Mul", inner) is not { } mul) continue;
            foreach ((string back, string scale) in Pairs(mul, "Mul"))
            {
                inner.RemoveRange(1, inner.Count - 1);
                if (Maker(back, "Reshape", inner) is not { } unfolded || Maker(unfolded.Inputs[0], "InstanceNormalization", inner) is not { } normal) continue;
                if (!AreAll(normal.Inputs[1], 1) || !AreAll(normal.Inputs[2], 0) || Maker(normal.Inputs[0], "Reshape", inner) is not { } folded) continue;
                string x = folded.Inputs[0];
                if (_shapes[x] is not [var rows, var channels, _, _] || _shapes[folded.Outputs[0]] is not [var same, var groups, _] || rows != same || channels % groups != 0) continue;
                if (!_shapes[back].SequenceEqual(_shapes[x]) || !IsPerChannel(scale, channels) || !IsPerChannel(bias, channels)) continue;
                float epsilon = normal.Node.Float("epsilon") ?? 1e-5f;
                return normal with
                {
                    Inputs = [x, scale, bias],
                    Outputs = last.Outputs,
                    Runner = call => [F.group_norm(call[0], groups, call[1].reshape(channels), call[2].reshape(channels), epsilon)],
                };
            }
        }
        return null;
    }

    /// <summary><c>x W + b</c>.</summary>
    private GraphNode? Affine(GraphNode last, List<GraphNode> inner)
    {
        foreach ((string product, string bias) in Pairs(last, "Add"))
        {
            inner.Clear();
            if (Maker(product, "MatMul", inner) is not { } matmul) continue;
            if (_shapes[matmul.Inputs[1]] is not [_, var width] || _shapes[bias] is not [var same] || same != width || _shapes[matmul.Inputs[0]].Length < 2) continue;
            return matmul with { Inputs = [.. matmul.Inputs, bias], Outputs = last.Outputs, Runner = call => [F.linear(call[0], call[1].t(), call[2])] };
        }
        return null;
    }

    /// <summary>The node of one operator that makes a value which nothing else uses; it is then one of the group.</summary>
    private GraphNode? Maker(string name, string @operator, List<GraphNode> inner)
    {
        if (_uses.GetValueOrDefault(name) != 1 || !_makers.TryGetValue(name, out GraphNode? maker) || maker.Node.Operator != @operator) return null;
        inner.Add(maker);
        return maker;
    }

    /// <summary>The two inputs of a node of one operator, both ways round.</summary>
    private static IEnumerable<(string One, string Other)> Pairs(GraphNode node, string @operator) => node.Node.Operator == @operator && node.Inputs is [var left, var right]
        ? [(left, right), (right, left)]
        : [];

    private bool IsNumber(string name, double value) => _constant(name) is { } constant && constant.numel() == 1 && AreAll(name, value) && constant.dim() <= 1;

    private bool AreAll(string name, double value)
    {
        if (_constant(name) is not { } constant || !constant.is_floating_point()) return false;
        using Tensor far = (constant.to(ScalarType.Float64) - value).abs().max();
        return far.item<double>() <= Tolerance;
    }

    private bool IsPerChannel(string name, long channels) => _shapes.GetValueOrDefault(name) is [var own, 1, 1] && own == channels || _shapes.GetValueOrDefault(name) is [1, var inner, 1, 1] && inner == channels;
}
