using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>
/// Detection scores beside the layers' own attention. The mean over heads of the heads' dot products is the dot product over all columns
/// divided by the number of heads: one MatMul a layer. Layers of one grid are added up before they are enlarged.
/// </summary>
internal sealed class DetectionBranch(Branches branches)
{
    private readonly GraphBuilder _builder = branches.Builder;

    private string Tokens => _builder.Part(_builder.Shared("guideline shape",
        () => _builder.Add("Shape", "guideline.shape", [AddedNames.GuidelineEmbeddings])), "guideline.tokens", 0, 1);

    public void Add(IReadOnlyList<AttentionLayer> layers)
    {
        string sum = layers.GroupBy(layer => layer.GridFactor).OrderBy(group => group.Key)
            .Select(group => Enlarged(group.Select(layer => Scores(layer, layers.Count)).Aggregate(Sum), group.Key))
            .Aggregate(Sum);
        _builder.Named("Identity", AddedNames.DetectionScores, [sum]);
    }

    /// <summary><c>[B, P, G]</c>, this layer's share of the mean over layers.</summary>
    private string Scores(AttentionLayer layer, int layerCount)
    {
        string keys = branches.Keys(layer, AddedNames.GuidelineEmbeddings, "detect");
        string scaled = _builder.Add("Mul", Branches.Hint(layer, "detect.scaled"), [keys, _builder.Number(layer.Scale / layer.Heads / layerCount)]);
        string turned = _builder.Transpose(scaled, Branches.Hint(layer, "detect.turned"), 1, 0);
        return _builder.Add("MatMul", Branches.Hint(layer, "detect.scores"), [branches.Queries(layer), turned]);
    }

    /// <summary><c>[B, P, G]</c> to <c>[B, G, H, W]</c>, bilinearly with half-pixel centres.</summary>
    private string Enlarged(string scores, int factor)
    {
        string maps = _builder.Transpose(scores, $"detect.grid{factor}.maps", 0, 2, 1);
        string grid = factor == 1 ? branches.LatentSize : Grid(factor);
        string own = _builder.Add("Reshape", $"detect.grid{factor}.own", [maps, _builder.Concat($"detect.grid{factor}.shape", branches.Batch, Tokens, grid)]);
        if (factor == 1)
            return own;
        string sizes = _builder.Shared("detect sizes", () => _builder.Concat("detect.sizes", branches.Batch, Tokens, branches.LatentSize));
        string none = _builder.Opset < 13 ? _builder.Shared("no numbers", () => _builder.Numbers([])) : "";
        return _builder.Add("Resize", $"detect.grid{factor}.enlarged", [own, none, none, sizes],
            Attributes.Of("mode", "linear"), Attributes.Of("coordinate_transformation_mode", "half_pixel"));
    }

    /// <summary><c>ceil(H / f), ceil(W / f)</c>.</summary>
    private string Grid(int factor)
    {
        string more = _builder.Add("Add", $"grid{factor}.more", [branches.LatentSize, _builder.Integers(factor - 1)]);
        return _builder.Add("Div", $"grid{factor}", [more, _builder.Integers(factor)]);
    }

    private string Sum(string left, string right) => _builder.Add("Add", "detect.sum", [left, right]);
}
