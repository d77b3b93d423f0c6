using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Attention in one operator, which is the autograd library's own: it never holds all probabilities.</summary>
internal static class AttentionOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Attention", Attention);
        table.Add("com.microsoft.MultiHeadAttention", MultiHead);
        table.Add("com.microsoft.Attention", Projected);
    }

    /// <summary>Attention of heads.</summary>
    /// <param name="query">Q, <c>[B, H, N, D]</c>.</param>
    /// <param name="key">K, <c>[B, H, M, D]</c>.</param>
    /// <param name="value">V, <c>[B, H, M, D']</c>.</param>
    /// <param name="scale">What the products are multiplied by; null for 1 / sqrt(D).</param>
    /// <param name="mask">True where a position may be seen, or what is added; null for all.</param>
    /// <param name="isCausal">Whether positions see none after themselves.</param>
    public static Tensor Attend(Tensor query, Tensor key, Tensor value, double? scale, Tensor? mask = null, bool isCausal = false)
    {
        double own = scale * Math.Sqrt(query.shape[^1]) ?? 1;
        return F.scaled_dot_product_attention(Math.Abs(own - 1) < 1e-9 ? query : query * own, key, value, mask, 0, isCausal);
    }

    private static Tensor Attention(OperatorCall call)
    {
        if (call.Node.Outputs.Skip(1).Any(output => output.Length > 0) || call.Optional(4) is not null || call.Optional(5) is not null) throw call.Refuse("it keeps keys and values of earlier calls");
        if (call.Node.Float("softcap") is not (null or 0)) throw call.Refuse("it has a softcap");
        bool areFlat = call[0].dim() == 3;
        long heads = areFlat ? call.Node.Int("q_num_heads") : call[0].shape[1];
        long keyHeads = areFlat ? call.Node.Int("kv_num_heads") : call[1].shape[1];
        if (heads < 1 || keyHeads < 1 || heads % keyHeads != 0) throw call.Refuse($"it has {heads} heads of queries and {keyHeads} of keys");
        Tensor query = areFlat ? Heads(call[0], heads) : call[0];
        Tensor key = Repeated(areFlat ? Heads(call[1], keyHeads) : call[1], heads / keyHeads);
        Tensor value = Repeated(areFlat ? Heads(call[2], keyHeads) : call[2], heads / keyHeads);
        Tensor attended = Attend(query, key, value, call.Node.Float("scale"), call.Optional(3), call.Node.Int("is_causal") != 0);
        return areFlat ? Flat(attended) : attended;
    }

    /// <summary>Attention together with its three projections, whose weight is <c>[C, 3 H D]</c>.</summary>
    private static Tensor Projected(OperatorCall call)
    {
        if (call.Optional(3) is not null || call.Optional(4) is not null || call.Optional(6) is not null) throw call.Refuse("it has a mask, or keeps keys and values of earlier calls");
        long heads = call.Node.Int("num_heads");
        Tensor projected = matmul(call[0], call[1]);
        if (call.Optional(2) is { } bias) projected += bias;
        long[] widths = call.Node.Ints("qkv_hidden_sizes")?.ToArray() ?? [.. Enumerable.Repeat(projected.shape[2] / 3, 3)];
        Tensor[] parts = [.. projected.split(widths, 2).Select(part => Heads(part, heads))];
        return Flat(Attend(parts[0], parts[1], parts[2], call.Node.Float("scale") is { } scale and not 0 ? scale : null, call.Optional(5), call.Node.Int("unidirectional") != 0));
    }

    private static Tensor MultiHead(OperatorCall call)
    {
        for (int i = 4; i < call.Inputs.Length; i++)
        {
            if (call.Optional(i) is not null && i != 5) throw call.Refuse($"its input {i} (a mask, or keys and values of earlier calls) is used");
        }
        long heads = call.Node.Int("num_heads");
        (Tensor query, Tensor key, Tensor value) = (call.Optional(1), call.Optional(2)) switch
        {
            (null, _) when call[0].dim() == 5 => (Packed(call[0], 0), Packed(call[0], 1), Packed(call[0], 2)),
            ({ } packed, null) when packed.dim() == 5 => (Heads(call[0], heads), Packed(packed, 0), Packed(packed, 1)),
            ({ } keys, { } values) when keys.dim() == 3 && values.dim() == 3 => (Heads(Biased(call[0], 0), heads), Heads(Biased(keys, 1), heads), Heads(Biased(values, 2), heads)),
            _ => throw call.Refuse("its keys and values are in a layout that cannot be run"),
        };
        if (call.Optional(3) is not null && call[0].dim() == 5) throw call.Refuse("it adds a bias to packed values");
        bool isCausal = call.Node.Int("unidirectional") != 0;
        return Flat(Attend(query, key, value, call.Node.Float("scale") is { } scale and not 0 ? scale : null, call.Optional(5), isCausal));

        Tensor Biased(Tensor x, int part) => call.Optional(3) is { } bias ? x + bias.slice(0, part * bias.shape[0] / 3, (part + 1) * bias.shape[0] / 3, 1) : x;
    }

    /// <summary><c>[B, N, H D]</c> to <c>[B, H, N, D]</c>.</summary>
    private static Tensor Heads(Tensor x, long heads) => x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);

    /// <summary><c>[B, N, H, P, D]</c> to the part p, <c>[B, H, N, D]</c>.</summary>
    private static Tensor Packed(Tensor x, long part) => x.select(3, part).transpose(1, 2);

    /// <summary><c>[B, H, N, D]</c> to <c>[B, N, H D]</c>.</summary>
    private static Tensor Flat(Tensor x) => x.transpose(1, 2).reshape(x.shape[0], x.shape[2], -1);

    private static Tensor Repeated(Tensor x, long times) =>
        times == 1 ? x : x.unsqueeze(2).expand(x.shape[0], x.shape[1], times, x.shape[2], x.shape[3]).reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
}
