using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Activation functions.</summary>
internal static class ActivationOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Sigmoid", call => call[0].sigmoid());
        table.Add("Tanh", call => call[0].tanh());
        table.Add("Relu", call => call[0].relu());
        table.Add("LeakyRelu", call => F.leaky_relu(call[0], call.Node.Float("alpha") ?? 0.01));
        table.Add("Elu", call => F.elu(call[0], call.Node.Float("alpha") ?? 1));
        table.Add("Softplus", call => F.softplus(call[0]));
        table.Add("HardSigmoid", call => ((call.Node.Float("alpha") ?? 0.2f) * call[0] + (call.Node.Float("beta") ?? 0.5f)).clamp(0, 1));
        table.Add("HardSwish", call => F.hardswish(call[0]));
        table.Add("Mish", call => F.mish(call[0]));
        table.Add("PRelu", call => where(call[0] < 0, call[0] * call[1], call[0]));
        table.Add("Swish", call => call[0] * (call[0] * (call.Node.Float("alpha") ?? 1)).sigmoid());
        table.Add("Gelu", call => Gelu(call[0], call.Node.Text("approximate") == "tanh"));
        table.Add("com.microsoft.Gelu", call => Gelu(call[0], byTanh: false));
        table.Add("com.microsoft.QuickGelu", call => call[0] * (call[0] * (call.Node.Float("alpha") ?? 1.702f)).sigmoid());
        table.Add("com.microsoft.FastGelu", call => Gelu(call.Optional(1) is { } bias ? call[0] + bias : call[0], byTanh: true));
        table.Add("com.microsoft.BiasGelu", call => Gelu(call[0] + call[1], byTanh: false));
        table.Add("Softmax", call => Softmax(call, (x, axis) => x.softmax(axis)));
        table.Add("LogSoftmax", call => Softmax(call, (x, axis) => x.log_softmax(axis)));
    }

    private static Tensor Gelu(Tensor x, bool byTanh) => byTanh
        ? 0.5 * x * (1 + (Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)).tanh())
        : F.gelu(x);

    /// <summary>Before opset 13 all dimensions from the axis on are taken together, and the axis is 1 where none is given.</summary>
    private static Tensor Softmax(OperatorCall call, Func<Tensor, long, Tensor> softmax)
    {
        Tensor x = call[0];
        int axis = call.Axis(call.Node.Int("axis", call.Opset < 13 ? 1 : -1), Math.Max(x.dim(), 1));
        if (call.Opset >= 13 || axis == x.dim() - 1) return softmax(x, axis);
        long rows = x.shape[..axis].Aggregate(1L, (product, size) => product * size);
        return softmax(x.reshape(rows, -1), 1).reshape(x.shape);
    }
}
