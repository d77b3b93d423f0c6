using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>What a value is, on its way through attention.</summary>
/// <param name="Layout">How its axes count.</param>
internal abstract record Trace(Layout Layout)
{
    /// <summary>Whether the prompt's text is in it before it reaches the hidden states.</summary>
    public abstract bool FromText { get; }
}

/// <summary>The text states themselves.</summary>
internal sealed record TextTrace(Layout Layout) : Trace(Layout)
{
    public override bool FromText => true;
}

/// <summary>A projection, rearranged and scaled.</summary>
internal sealed record ProjectedTrace(Projection Projection, Layout Layout, double Scale = 1) : Trace(Layout)
{
    public override bool FromText => Projection.FromText;
}

/// <summary>Products of queries and keys.</summary>
internal sealed record ScoreTrace(NodeProto Product, ProjectedTrace Query, ProjectedTrace Key, HeadColumns QueryColumns, HeadColumns KeyColumns,
    Layout Layout, double Scale) : Trace(Layout)
{
    public override bool FromText => Key.FromText;
}

/// <summary>A part of a Softmax that is written out: e^(x - max) / sum.</summary>
internal sealed record SoftmaxPartTrace(ScoreTrace Score, NodeProto Node, SoftmaxPart Part, Layout Layout) : Trace(Layout)
{
    public override bool FromText => Score.FromText;
}

/// <summary>The parts of a Softmax.</summary>
internal enum SoftmaxPart
{
    /// <summary>The largest score of the tokens.</summary>
    Largest,

    /// <summary>Scores less the largest.</summary>
    Shifted,

    /// <summary>Their exponentials.</summary>
    Exponential,

    /// <summary>The exponentials' sum over the tokens.</summary>
    Sum,
}

/// <summary>Attention probabilities.</summary>
internal sealed record ProbabilityTrace(ScoreTrace Score, NodeProto Softmax, Layout Layout) : Trace(Layout)
{
    public override bool FromText => Score.FromText;
}

/// <summary>Attended values, on the way to the output projection.</summary>
internal sealed record AttendedTrace(AttentionCore Core, Layout Layout) : Trace(Layout)
{
    public override bool FromText => false;
}


/// <summary>One attention: where its queries, keys and values come from and where its result appears.</summary>
internal sealed record AttentionCore(AttentionForm Form, NodeProto Product, NodeProto Final, Projection Query, Projection Key, Projection Value,
    HeadColumns QueryColumns, HeadColumns KeyColumns, HeadColumns ValueColumns, double Scale, double ValueScale, string Output, Layout OutputLayout)
{
    /// <summary>The three biases in one that MultiHeadAttention adds by itself; null where there is none or it is zero.</summary>
    public string? FusedBias { get; init; }

    /// <summary>The output projection, once it is met.</summary>
    public Projection? OutputProjection { get; set; }

    public bool IsCross => Key.FromText;
}
