using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>One attention layer of a UNet.</summary>
public sealed record AttentionLayer
{
    /// <summary>The layer's place among those of its sort, in the order of evaluation, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The module's name where node or weight names tell (<c>mid_block.attentions.0.transformer_blocks.0.attn2</c>), else made from the index.</summary>
    public required string Name { get; init; }

    /// <summary>How often the layer's grid goes into the latent grid, each way: 1, 2, 4 or 8. The grid is <c>ceil(H / f)</c> by <c>ceil(W / f)</c>.</summary>
    public required int GridFactor { get; init; }

    /// <summary>The grid as a fraction of the latent grid: <c>1</c>, <c>1/2</c>, <c>1/4</c>, <c>1/8</c>.</summary>
    public string Grid => GridFactor == 1 ? "1" : $"1/{GridFactor}";

    /// <summary>Columns of all heads together.</summary>
    public int Width => Heads * HeadWidth;

    /// <summary>The number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Columns of one head, the d of <c>1 / sqrt(d)</c>.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>What the graph multiplies the products of queries and keys with, all its factors together.</summary>
    public required double Scale { get; init; }

    /// <summary>How the graph computes it.</summary>
    public required AttentionForm Form { get; init; }

    /// <summary>Whether keys and values come from one projection.</summary>
    public required bool IsPacked { get; init; }

    /// <summary>The projection of the queries.</summary>
    public required ProjectionPlace Query { get; init; }

    /// <summary>The projection of the keys.</summary>
    public required ProjectionPlace Key { get; init; }

    /// <summary>The projection of the values.</summary>
    public required ProjectionPlace Value { get; init; }

    /// <summary>The output projection; null where the graph has none that is recognised.</summary>
    public required ProjectionPlace? Output { get; init; }

    /// <summary>The node that makes the scores, or the whole attention.</summary>
    public required string ScoreNode { get; init; }

    /// <summary>The value in which the attended values of all heads appear, before the output projection.</summary>
    public required string AttendedValue { get; init; }

    internal AttentionCore Core { get; init; } = null!;
}
