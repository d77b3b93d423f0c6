using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>What the branches have in common: sizes of the latents, queries, and projections of other embeddings.</summary>
internal sealed class Branches(GraphBuilder builder, UNetAnalysis analysis, GraphProto graph)
{
    public GraphBuilder Builder { get; } = builder;

    public GraphProto Graph { get; } = graph;

    private string SampleShape => Builder.Shared("sample shape", () => Builder.Add("Shape", "sample.shape", [analysis.SampleInput]));

    /// <summary><c>[B]</c>, int64.</summary>
    public string Batch => Builder.Part(SampleShape, "batch", 0, 1);

    /// <summary><c>[H, W]</c>, int64.</summary>
    public string LatentSize => Builder.Part(SampleShape, "size", 2, 4);

    public long TextWidth => analysis.TextWidth;

    public OnnxElementType TypeOf(string value) => analysis.Facts[value].Type is var type and not OnnxElementType.Undefined
        ? type
        : throw new GraphNotUnderstoodException(Builder.File, "", value, "a value whose element type is known", $"the type of '{value}' is not known");

    /// <summary>A layer's queries <c>[B, P, h d]</c>, float32, heads side by side.</summary>
    public string Queries(AttentionLayer layer) => Builder.Shared($"queries {layer.Index}", () =>
    {
        AttentionCore core = layer.Core;
        string value = core.Query.Output;
        if (core.Query.Layout.Rank != 3)
            value = Builder.Add("Reshape", Hint(layer, "q.rows"), [value, Builder.Concat(Hint(layer, "q.shape"), Batch, Builder.Integers(-1, core.Query.Columns))]);
        string cast = Builder.Cast(value, TypeOf(core.Query.Output), OnnxElementType.Float32);
        return Biased(layer, Plain(layer, cast, core.QueryColumns, "q", 2), "q", 0);
    });

    /// <summary>Keys of other embeddings: <c>[M, D]</c> to <c>[M, h d]</c>, float32, heads side by side.</summary>
    public string Keys(AttentionLayer layer, string embeddings, string hint) =>
        Biased(layer, Project(layer, layer.Core.Key, layer.Core.KeyColumns, embeddings, $"{hint}.k"), $"{hint}.k", 1);

    /// <summary>Values of other embeddings: <c>[M, D]</c> to <c>[M, h d]</c>, float32, heads side by side.</summary>
    public string Values(AttentionLayer layer, string embeddings, string hint) =>
        Biased(layer, Project(layer, layer.Core.Value, layer.Core.ValueColumns, embeddings, $"{hint}.v"), $"{hint}.v", 2);

    /// <summary>One of the three biases that MultiHeadAttention adds by itself, in its own type; null where there is none.</summary>
    public string? FusedBias(AttentionLayer layer, int part)
    {
        if (layer.Core.FusedBias is not { } bias)
            return null;
        long width = layer.Width;
        long valueWidth = layer.Core.ValueColumns.Heads * layer.Core.ValueColumns.Width;
        return Builder.Part(bias, Hint(layer, "bias"), part * width, part == 2 ? (2 * width) + valueWidth : (part + 1) * width);
    }

    public static string Hint(AttentionLayer layer, string hint) => $"{layer.Index}.{hint}";

    private string Project(AttentionLayer layer, Projection projection, HeadColumns columns, string embeddings, string hint)
    {
        OnnxElementType type = TypeOf(projection.Source);
        string projected = Builder.Copy(projection.Node, Hint(layer, hint), Builder.Cast(embeddings, OnnxElementType.Float32, type));
        if (projection.BiasNode is not null)
            projected = Builder.Add("Add", Hint(layer, $"{hint}.biased"), [projected, Flat(projection.Bias!)]);
        return Plain(layer, Builder.Cast(projected, TypeOf(projection.Output), OnnxElementType.Float32), columns, hint, 1);
    }

    private string Flat(string bias) => analysis.Facts[bias].Rank == 1
        ? bias
        : Builder.Shared($"flat {bias}", () => Builder.Add("Reshape", "bias.flat", [bias, Builder.Integers(-1)]));

    private string Plain(AttentionLayer layer, string value, HeadColumns columns, string hint, int axis) => columns.IsPlain
        ? value
        : Builder.Add("Gather", Hint(layer, $"{hint}.columns"), [value, Builder.Integers(columns.Indices())], Attributes.Of("axis", axis));

    private string Biased(AttentionLayer layer, string value, string hint, int part) => FusedBias(layer, part) is { } bias
        ? Builder.Add("Add", Hint(layer, $"{hint}.biased"), [value, Builder.Cast(bias, TypeOf(layer.Core.FusedBias!), OnnxElementType.Float32)])
        : value;
}
