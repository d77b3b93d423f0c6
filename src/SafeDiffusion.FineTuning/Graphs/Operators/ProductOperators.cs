using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Matrix products.</summary>
internal static class ProductOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("MatMul", call => matmul(call[0], call[1]));
        table.Add("Gemm", Gemm);
        table.Add("Einsum", call => einsum(call.Node.Text("equation") ?? throw call.Refuse("it has no equation"), [.. call.Inputs.Select((_, index) => call[index])]));
        table.Add("com.microsoft.FusedMatMul", Fused);
    }

    private static Tensor Gemm(OperatorCall call)
    {
        Tensor a = call.Node.Int("transA") != 0 ? call[0].transpose(0, 1) : call[0];
        Tensor b = call.Node.Int("transB") != 0 ? call[1].transpose(0, 1) : call[1];
        Tensor product = Scaled(matmul(a, b), call.Node.Float("alpha") ?? 1);
        return call.Optional(2) is { } c ? product + Scaled(c, call.Node.Float("beta") ?? 1) : product;
    }

    private static Tensor Fused(OperatorCall call)
    {
        if (call.Node.Int("transBatchA") != 0 || call.Node.Int("transBatchB") != 0) throw call.Refuse("it transposes the batch");
        Tensor a = call.Node.Int("transA") != 0 ? call[0].transpose(-1, -2) : call[0];
        Tensor b = call.Node.Int("transB") != 0 ? call[1].transpose(-1, -2) : call[1];
        return Scaled(matmul(a, b), call.Node.Float("alpha") ?? 1);
    }

    private static Tensor Scaled(Tensor x, float factor) => factor == 1 ? x : x * factor;
}
