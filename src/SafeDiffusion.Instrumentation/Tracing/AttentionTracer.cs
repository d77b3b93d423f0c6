using System.Diagnostics.CodeAnalysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Shapes;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>
/// Follows projections through a graph, in topological order, and gathers the attentions they meet in. Values that are of no concern to
/// attention are let go; where the text's way is lost, the graph is refused.
/// </summary>
internal sealed class AttentionTracer
{
    private readonly GraphIndex _graph;
    private readonly Dictionary<string, Facts> _facts;
    private readonly Dictionary<string, Trace> _traces = [];
    private readonly List<AttentionCore> _cores = [];

    private AttentionTracer(GraphIndex graph, Dictionary<string, Facts> facts)
    {
        _graph = graph;
        _facts = facts;
    }

    /// <summary>The attentions of a graph in the order of evaluation.</summary>
    /// <exception cref="GraphNotUnderstoodException">The text states go a way that is not understood.</exception>
    public static IReadOnlyList<AttentionCore> Run(GraphIndex graph, UNetInputs inputs, Dictionary<string, Facts> facts)
    {
        AttentionTracer tracer = new(graph, facts);
        if (facts[inputs.Text].Shape is not [_, _, >= 1 and <= HeadColumns.MostColumns] text)
            throw tracer.NotUnderstood(null, inputs.Text, "text states [batch, tokens, width]", "their shape is not known, or their width absurd");
        tracer._traces[inputs.Text] = new TextTrace(Layout.Of(text));
        foreach (NodeProto node in graph.Nodes.Where(graph.Live.Contains))
            tracer.Visit(node);
        TextUse.Check(graph, tracer._cores, tracer._traces.Values);
        return tracer._cores;
    }

    internal Facts FactsOf(string value) => _facts.GetValueOrDefault(value, Facts.Unknown);

    internal Facts FactsOf(NodeProto node, int input) => FactsOf(node.InputAt(input));

    internal Trace? TraceOf(NodeProto node, int input) => _traces.GetValueOrDefault(node.InputAt(input));

    internal Operation OperationOf(NodeProto node) => new(node, [.. node.Input.Select(FactsOf)], _graph.Opset);

    internal NodeProto? Producer(string value) => _graph.Producer(value);

    internal void Found(AttentionCore core) => _cores.Add(core);

    /// <summary>An output projection turns out to have a bias.</summary>
    internal void Biased(Projection before, Projection after)
    {
        foreach (AttentionCore core in _cores.Where(core => ReferenceEquals(core.OutputProjection, before)))
            core.OutputProjection = after;
    }

    internal GraphNotUnderstoodException NotUnderstood(NodeProto? node, string value, string expected, string found) =>
        new(_graph.File, node?.Label() ?? "", value, expected, found);

    private void Visit(NodeProto node)
    {
        if (node.OpType is "Shape" or "Size" && OnnxValues.IsOnnx(node.Domain))
            return;
        Trace?[] inputs = [.. TopologicalOrder.Uses(node).Select(value => _traces.GetValueOrDefault(value))];
        if (inputs.All(trace => trace is null) && !ProjectionRules.MayStart(node))
            return;
        Trace?[] outputs = Follow(node);
        for (int i = 0; i < node.Output.Count && i < outputs.Length; i++)
        {
            if (outputs[i] is { } trace && node.Output[i].Length > 0)
                _traces[node.Output[i]] = trace;
        }
        if (outputs.All(trace => trace is null) && inputs.FirstOrDefault(trace => trace is { FromText: true }) is { } lost)
            throw Lost(node, lost);
    }

    /// <summary>A damaged graph's attributes and shapes may fit no rule: then the way is lost here, as at an operator that is not known.</summary>
    private Trace?[] Follow(NodeProto node)
    {
        try
        {
            return Apply(node);
        }
        catch (Exception error) when (HostileInput.IsCauseOf(error))
        {
            return [];
        }
    }

    private Trace?[] Apply(NodeProto node) => OnnxValues.IsOnnx(node.Domain)
        ? node.OpType switch
        {
            "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" or "Transpose" or "Slice" or "Split" or "Gather" or "Expand" or "Concat"
                => RearrangementRules.Apply(this, node),
            "Identity" or "Dropout" or "Cast" or "CastLike" => [TraceOf(node, 0)],
            "ReduceMax" or "Exp" or "ReduceSum" => [SoftmaxParts.Apply(this, node)],
            "Sub" or "Div" when TraceOf(node, 1) is SoftmaxPartTrace => [SoftmaxParts.Apply(this, node)],
            "Mul" or "Div" or "Add" or "Sub" or "Neg" => [ScalingRules.Apply(this, node)],
            "MatMul" or "Gemm" or "Einsum" => [ProductTracing.Apply(this, node)],
            "Softmax" => [ProductTracing.Softmax(this, node, _graph.Opset)],
            // Text in whole numbers is no text that other texts could be put beside.
            "QuantizeLinear" => [TraceOf(node, 0) as AttendedTrace],
            "Attention" => [FusedTracing.Operator(this, node)],
            _ => [],
        }
        : node.Operator() switch
        {
            "com.microsoft.FusedMatMul" or "com.microsoft.MatMulIntegerToFloat" or "com.microsoft.DynamicQuantizeMatMul" => [ProductTracing.Apply(this, node)],
            "com.microsoft.MultiHeadAttention" => [FusedTracing.MultiHead(this, node)],
            "com.microsoft.Attention" => [FusedTracing.Packed(this, node)],
            _ => [],
        };

    private GraphNotUnderstoodException Lost(NodeProto node, Trace trace) => _graph.IsLocalFunction(node)
        ? NotUnderstood(node, FirstText(node), LostWay.Inlined, LostWay.LocalFunction(node))
        : LostAtOperator(node, trace);

    private GraphNotUnderstoodException LostAtOperator(NodeProto node, Trace trace) => trace switch
    {
        ScoreTrace score => NotUnderstood(node, score.Product.Output[0], "a Softmax over the tokens after the score product",
            $"{node.Operator()} follows the score product '{score.Product.Label()}', and no Softmax does"),
        SoftmaxPartTrace part => NotUnderstood(node, part.Node.Output[0], "a Softmax over the tokens after the score product",
            $"{node.Operator()} follows the score product '{part.Score.Product.Label()}' where a written-out Softmax would go on"),
        ProbabilityTrace probability => NotUnderstood(node, probability.Softmax.Output[0], "the product of the probabilities with the values",
            $"{node.Operator()} uses the attention probabilities of '{probability.Softmax.Label()}'"),
        ProjectedTrace projected when node.OpType is "MultiHeadAttention" or "Attention" => NotUnderstood(node, projected.Projection.Output,
            "attention over heads of equal width, with keys and values from the text", LostWay.Unfitting(node)),
        ProjectedTrace projected => NotUnderstood(projected.Projection.Node, projected.Projection.Output,
            "a projection of the text that serves its cross-attention alone, as its keys or values",
            $"its result is also used by {node.Operator()} '{node.Label()}': the text reaches the output by another way than cross-attention"),
        _ => NotUnderstood(node, FirstText(node), "projections (MatMul or Gemm with a constant weight) of the text states",
            LostWay.AfterText(node, trace.Layout, FactsOf(node, 1))),
    };

    [SuppressMessage("Performance", "CA1826", Justification = "Protobuf's lists have no cheaper way.")]
    private string FirstText(NodeProto node) => node.Input.FirstOrDefault(input => _traces.GetValueOrDefault(input) is { FromText: true }) ?? "";
}
