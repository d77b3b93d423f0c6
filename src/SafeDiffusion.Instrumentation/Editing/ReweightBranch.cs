using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>
/// Scales the probability of each token. <c>(A ⊙ s) V = A (s ⊙ V)</c>: a token's values are scaled, which costs next to nothing and works
/// the same where the probabilities never appear in the graph.
/// </summary>
internal sealed class ReweightBranch(Branches branches)
{
    private readonly GraphBuilder _builder = branches.Builder;

    public void Add(IReadOnlyList<AttentionLayer> layers)
    {
        foreach (AttentionLayer layer in layers)
            Add(layer);
    }

    private void Add(AttentionLayer layer)
    {
        Projection values = layer.Core.Value;
        OnnxElementType type = branches.TypeOf(values.Output);
        string hint = Branches.Hint(layer, "reweight");
        string value = values.Output;
        NodeProto attention = branches.Graph.Node.First(node => node.Output.Contains(layer.Core.Final.Output[0]));
        bool biased = branches.FusedBias(layer, 2) is not null;
        string scaled = _builder.Add("Mul", hint, [biased ? Biased(layer, value) : value, Factors(layer, type)]);
        _builder.Replace(value, scaled);
        if (biased)
            _builder.Replace(attention, 3, WithoutValueBias(layer));
    }

    /// <summary>The scale, shaped to go with the values: <c>[B, N, 1]</c>, or <c>[B N, 1]</c> where rows are flattened.</summary>
    private string Factors(AttentionLayer layer, OnnxElementType type)
    {
        int rank = layer.Core.Value.Layout.Rank;
        string shaped = rank switch
        {
            3 => _builder.Shared("token scale 3", () => _builder.Unsqueeze(AddedNames.TokenScale, "token.scale", 2)),
            2 => _builder.Shared("token scale 2", () => _builder.Add("Reshape", "token.scale.rows", [AddedNames.TokenScale, _builder.Integers(-1, 1)])),
            _ => throw NotScalable(layer, $"they have {rank} dimensions"),
        };
        return _builder.Cast(Masked(layer, shaped), OnnxElementType.Float32, type);
    }

    /// <summary>Where other columns (the keys) share the projection, those are left as they are: <c>1 + (s - 1) mask</c>.</summary>
    private string Masked(AttentionLayer layer, string factors)
    {
        HeadColumns columns = layer.Core.ValueColumns;
        if (columns.Heads * columns.Width == columns.Total && ReferenceEquals(layer.Core.Key.Node, layer.Core.Value.Node))
            throw NotScalable(layer, "the same projection serves as keys");
        if (columns.Heads * columns.Width == columns.Total)
            return factors;
        float[] mask = new float[columns.Total];
        foreach (long column in columns.Indices())
            mask[column] = 1;
        string less = _builder.Add("Sub", Branches.Hint(layer, "reweight.less"), [factors, _builder.Number(1)]);
        string masked = _builder.Add("Mul", Branches.Hint(layer, "reweight.masked"), [less, _builder.Numbers(mask)]);
        return _builder.Add("Add", Branches.Hint(layer, "reweight.factors"), [masked, _builder.Number(1)]);
    }

    private string Biased(AttentionLayer layer, string value)
    {
        if (layer.IsPacked)
            throw NotScalable(layer, "they are packed with the keys and have a bias");
        return _builder.Add("Add", Branches.Hint(layer, "reweight.biased"), [value, branches.FusedBias(layer, 2)!]);
    }

    private string WithoutValueBias(AttentionLayer layer)
    {
        float[] mask = new float[(2 * layer.Width) + (layer.Core.ValueColumns.Heads * layer.Core.ValueColumns.Width)];
        Array.Fill(mask, 1, 0, 2 * layer.Width);
        string cast = _builder.Cast(_builder.Numbers(mask), OnnxElementType.Float32, branches.TypeOf(layer.Core.FusedBias!));
        return _builder.Add("Mul", Branches.Hint(layer, "reweight.bias"), [layer.Core.FusedBias!, cast]);
    }

    private GraphNotUnderstoodException NotScalable(AttentionLayer layer, string found) => new(_builder.File, layer.Value.Node, layer.Value.Value,
        "values [batch, tokens, columns] of their own, to re-weight tokens", found);
}
