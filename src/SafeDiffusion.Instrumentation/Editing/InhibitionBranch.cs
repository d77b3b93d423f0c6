using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Tracing;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>
/// Adds the attention to other concepts, weighted token by token, to what a layer attends to, and tells how strong it is. All concepts'
/// tokens stand side by side in one product; only the Softmax keeps the concepts apart.
/// </summary>
internal sealed class InhibitionBranch(Branches branches)
{
    private readonly GraphBuilder _builder = branches.Builder;

    public void Add(IReadOnlyList<AttentionLayer> layers)
    {
        string[] responses = [.. layers.Select(Add)];
        string[] rows = [.. responses.Select((response, i) => _builder.Unsqueeze(response, $"inhibit.response{i}", 0))];
        _builder.Named("Concat", AddedNames.InhibitorResponse, rows, Attributes.Of("axis", 0));
    }

    /// <summary><c>[C, N]</c>, int64.</summary>
    private string ConceptsAndTokens => _builder.Part(_builder.Shared("inhibitor shape",
        () => _builder.Add("Shape", "inhibit.shape", [AddedNames.InhibitorScale])), "inhibit.sizes", 1, 3);

    /// <summary>The concepts' text states, all rows of all concepts in one: <c>[B C N, D]</c>.</summary>
    private string Embeddings => _builder.Shared("inhibitor rows",
        () => _builder.Add("Reshape", "inhibit.rows", [AddedNames.InhibitorHiddenStates, _builder.Integers(-1, branches.TextWidth)]));

    /// <summary>The scale in one of the inhibited layers, one number a row: <c>[B C N, 1]</c>.</summary>
    private string Scales(AttentionLayer layer, int place)
    {
        string ofLayer = _builder.Add(
            "Slice", Hint(layer, "layer"), [AddedNames.InhibitorLayerScale, _builder.Integers(place), _builder.Integers(place + 1), _builder.Integers(2)]);
        string scale = _builder.Add("Mul", Hint(layer, "layer.scale"), [AddedNames.InhibitorScale, ofLayer]);
        return _builder.Add("Reshape", Hint(layer, "scale"), [scale, _builder.Integers(-1, 1)]);
    }

    private string Add(AttentionLayer layer, int place)
    {
        AttentionCore core = layer.Core;
        string probabilities = Probabilities(layer);
        string flat = _builder.Add("Reshape", Hint(layer, "flat"), [Masked(layer, probabilities), _builder.Integers(0, 0, 0, -1)]);
        string attended = _builder.Add("MatMul", Hint(layer, "attended"), [flat, Values(layer, place)]);
        string placed = InLayoutOf(layer, attended);
        string injected = _builder.Add("Add", Hint(layer, "injected"), [core.Output, _builder.Cast(placed, OnnxElementType.Float32, branches.TypeOf(core.Output))]);
        _builder.Replace(core.Output, injected);
        return _builder.Mean(probabilities, Hint(layer, "response"), 1, 2);
    }

    /// <summary>The probabilities where the mask says.</summary>
    private string Masked(AttentionLayer layer, string probabilities) => _builder.Add("Mul", Hint(layer, "masked"), [probabilities, Mask(layer.GridFactor)]);

    /// <summary>
    /// The mask on a layer's grid, <c>[B, 1, P, C, 1]</c>: the greatest value of each block of latents, exact for 0 and 1 on every grid. Rows and
    /// concepts are one axis of the pooling, concepts first: that axis alone may be empty, and Reshape reads a 0 as the size it finds in its place.
    /// </summary>
    private string Mask(int factor) => _builder.Shared($"inhibitor mask {factor}", () =>
    {
        string hint = $"inhibit.mask{factor}";
        string turned = _builder.Shared("mask turned", () => _builder.Transpose(AddedNames.InhibitorMask, "inhibit.mask.turned", 1, 0, 2, 3));
        string pooled = _builder.Add("Reshape", $"{hint}.maps", [turned, _builder.Shared("mask maps", () => _builder.Concat("inhibit.mask.maps", _builder.Integers(-1, 1), MaskSizes(2, 4)))]);
        if (factor > 1)
            pooled = _builder.Add("MaxPool", $"{hint}.pooled", [pooled], Attributes.Of("kernel_shape", [factor, factor]), Attributes.Of("strides", [factor, factor]), Attributes.Of("ceil_mode", 1));
        string shape = _builder.Add("Shape", $"{hint}.shape", [pooled]);
        string positions = _builder.Add("Mul", $"{hint}.positions", [_builder.Part(shape, $"{hint}.height", 2, 3), _builder.Part(shape, $"{hint}.width", 3, 4)]);
        string flat = _builder.Add("Reshape", $"{hint}.flat", [pooled, _builder.Concat($"{hint}.flat.shape", MaskSizes(1, 2), MaskSizes(0, 1), _builder.Integers(1), positions)]);
        return _builder.Unsqueeze(_builder.Transpose(flat, $"{hint}.placed", 1, 2, 3, 0), hint, 4);
    });

    private string MaskSizes(int start, int end) => _builder.Part(_builder.Shared("mask shape",
        () => _builder.Add("Shape", "inhibit.mask.shape", [AddedNames.InhibitorMask])), "inhibit.mask.sizes", start, end);

    /// <summary><c>[B, h, P, C, N]</c>.</summary>
    private string Probabilities(AttentionLayer layer)
    {
        string queries = Heads(layer, branches.Queries(layer), _builder.Integers(0, 0, layer.Heads, layer.HeadWidth), "q", 0, 2, 1, 3);
        string keys = branches.Keys(layer, Embeddings, "inhibit");
        string scaled = _builder.Add("Mul", Hint(layer, "k.scaled"), [keys, _builder.Number(layer.Scale)]);
        string turned = Heads(layer, scaled, Rows(layer.Heads, layer.HeadWidth), "k", 0, 2, 3, 1);
        string scores = _builder.Add("MatMul", Hint(layer, "scores"), [queries, turned]);
        string shape = _builder.Shared("inhibit apart", () => _builder.Concat("inhibit.apart", _builder.Integers(0, 0, 0), ConceptsAndTokens));
        string apart = _builder.Add("Reshape", Hint(layer, "apart"), [scores, shape]);
        return _builder.Add("Softmax", Hint(layer, "probabilities"), [apart], Attributes.Of("axis", 4));
    }

    /// <summary><c>[B, h, C N, d]</c>, scaled.</summary>
    private string Values(AttentionLayer layer, int place)
    {
        string values = branches.Values(layer, Embeddings, "inhibit");
        string scaled = _builder.Add("Mul", Hint(layer, "v.scaled"), [values, Scales(layer, place)]);
        if (layer.Core.ValueScale != 1)
            scaled = _builder.Add("Mul", Hint(layer, "v.graph"), [scaled, _builder.Number(layer.Core.ValueScale)]);
        return Heads(layer, scaled, Rows(layer.Core.ValueColumns.Heads, layer.Core.ValueColumns.Width), "v", 0, 2, 1, 3);
    }

    private string Rows(long heads, long width) => _builder.Shared($"inhibit rows {heads} {width}",
        () => _builder.Concat("inhibit.heads", branches.Batch, _builder.Integers(-1, heads, width)));

    private string Heads(AttentionLayer layer, string value, string shape, string hint, params long[] order) =>
        _builder.Transpose(_builder.Add("Reshape", Hint(layer, $"{hint}.split"), [value, shape]), Hint(layer, $"{hint}.heads"), order);

    /// <summary><c>[B, h, P, d]</c> brought into the order and shape of the layer's own attended values.</summary>
    private string InLayoutOf(AttentionLayer layer, string attended)
    {
        long[] order = HeadOrder.Of(layer.Core);
        string turned = order is [0, 1, 2, 3] ? attended : _builder.Transpose(attended, Hint(layer, "turned"), order);
        if (layer.Core.OutputLayout.Rank == 4 && Enumerable.Range(0, 4).All(axis => layer.Core.OutputLayout[axis].Length == 1))
            return turned;
        string shape = _builder.Add("Shape", Hint(layer, "shape"), [layer.Core.Output]);
        return _builder.Add("Reshape", Hint(layer, "placed"), [turned, shape]);
    }

    private static string Hint(AttentionLayer layer, string hint) => Branches.Hint(layer, $"inhibit.{hint}");
}
