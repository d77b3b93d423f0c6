using System.Collections.Immutable;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>Matrix products: projections, scores, and the products of probabilities with values.</summary>
internal static class ProductTracing
{
    public static Trace? Apply(AttentionTracer tracer, NodeProto node)
    {
        if (tracer.FactsOf(node, 1).IsConstant)
            return ProjectionRules.Apply(tracer, node);
        if (Operands.Of(tracer, node) is not { } operands)
            return null;
        return (operands.Left, operands.Right) switch
        {
            (ProjectedTrace { FromText: true } key, ProjectedTrace { FromText: false } query) => Score(tracer, node, operands.Swapped(), query, key),
            (ProjectedTrace query, ProjectedTrace key) => Score(tracer, node, operands, query, key),
            (ProbabilityTrace probability, ProjectedTrace value) => Attended(tracer, node, operands, probability, value),
            (ProjectedTrace value, ProbabilityTrace probability) => Attended(tracer, node, operands.Swapped(), probability, value),
            _ => null,
        };
    }

    public static Trace? Softmax(AttentionTracer tracer, NodeProto node, long opset)
    {
        if (tracer.TraceOf(node, 0) is not ScoreTrace score)
            return null;
        long axis = node.Int("axis", opset < 13 ? 1 : -1);
        int last = score.Layout.Rank - 1;
        long place = axis < 0 ? axis + score.Layout.Rank : axis;
        if (place >= 0 && (place == last || opset >= 13 && place < last) && IsTokens(score.Layout[(int)place]))
            return new ProbabilityTrace(score, node, score.Layout);
        return score.FromText
            ? throw tracer.NotUnderstood(node, node.InputAt(0), "a Softmax over the tokens", $"the Softmax has axis {axis}, which does not count the tokens")
            : null;
    }

    private static ScoreTrace? Score(AttentionTracer tracer, NodeProto node, Operands operands, ProjectedTrace query, ProjectedTrace key)
    {
        Layout left = operands.LeftLayout;
        Layout right = operands.RightLayout;
        if (!SameBatch(left, right) || !Counts(left[^2], query.Projection) || !Counts(right[^1], key.Projection))
            return WrongProduct<ScoreTrace>(tracer, node, key);
        HeadColumns? queryColumns = Columns(left, left[^1], query.Projection);
        HeadColumns? keyColumns = Columns(right, right[^2], key.Projection);
        if (queryColumns is null || keyColumns is null || queryColumns.Heads != keyColumns.Heads || queryColumns.Width != keyColumns.Width)
            return WrongProduct<ScoreTrace>(tracer, node, key);
        return new ScoreTrace(node, query, key, queryColumns, keyColumns, operands.Placed(left.WithLast(Tokens(right[^1]))), operands.Scale);
    }

    private static AttendedTrace? Attended(AttentionTracer tracer, NodeProto node, Operands operands, ProbabilityTrace probability, ProjectedTrace value)
    {
        Layout left = operands.LeftLayout;
        Layout right = operands.RightLayout;
        HeadColumns? columns = Columns(right, right[^1], value.Projection);
        if (columns is null || !SameBatch(left, right) || !left[^1].SequenceEqual(Tokens(right[^2])) || !Counts(right[^2], value.Projection)
            || columns.Heads != probability.Score.QueryColumns.Heads)
            return WrongProduct<AttendedTrace>(tracer, node, value);
        ScoreTrace score = probability.Score;
        Layout layout = operands.Placed(OutputLayout(left, columns));
        AttentionCore core = new(AttentionForm.Products, score.Product, node, score.Query.Projection, score.Key.Projection, value.Projection,
            score.QueryColumns, score.KeyColumns, columns, score.Scale * score.Query.Scale * score.Key.Scale, value.Scale * operands.Scale,
            node.Output[0], layout);
        tracer.Found(core);
        return new AttendedTrace(core, layout);
    }

    private static T? WrongProduct<T>(AttentionTracer tracer, NodeProto node, ProjectedTrace key) where T : Trace => key.FromText
        ? throw tracer.NotUnderstood(node, key.Projection.Output, "a product of queries with keys or of probabilities with values, head by head",
            "the axes of the product's operands are not those of batch, heads, positions and head widths")
        : null;

    private static bool IsTokens(ImmutableArray<Atom> axis) => axis.All(atom => atom.Kind == AxisKind.Token) && axis.Length == 1;

    private static ImmutableArray<Atom> Tokens(ImmutableArray<Atom> positions) => [.. positions.Select(atom => atom with { Kind = AxisKind.Token })];

    /// <summary>The product's layout: its leading axes with heads side by side, its positions, one head's columns.</summary>
    private static Layout OutputLayout(Layout left, HeadColumns columns) => Layout.Of(Enumerable.Range(0, left.Rank).Select(axis =>
        axis == left.Rank - 1
            ? Layout.One(AxisKind.Column, columns.Width, 1)
            : [.. left[axis].Select(atom => atom.Kind == AxisKind.Column ? atom with { Stride = columns.Width } : atom)]));

    private static HeadColumns? Columns(Layout layout, ImmutableArray<Atom> width, Projection projection) => HeadColumns.Of(
        [.. Enumerable.Range(0, layout.Rank - 2).SelectMany(axis => layout[axis]).Where(atom => atom.Kind == AxisKind.Column)],
        [.. width], layout.Offset, projection.Columns);

    /// <summary>Batch and heads stand at the same places on both sides; strides of heads may differ, as packed projections have them.</summary>
    private static bool SameBatch(Layout left, Layout right)
    {
        if (left.Rank != right.Rank)
            return false;
        return Enumerable.Range(0, left.Rank - 2).All(axis => left[axis].Select(Unstrided).SequenceEqual(right[axis].Select(Unstrided)));
    }

    private static Atom Unstrided(Atom atom) => atom.Kind == AxisKind.Column ? atom with { Stride = 0 } : atom;

    private static bool Counts(ImmutableArray<Atom> axis, Projection projection) =>
        axis.All(atom => atom.Kind == AxisKind.Position) && Layout.Size(axis) == projection.Positions && axis.Length <= 1;
}
