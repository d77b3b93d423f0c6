using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Normalisations.</summary>
internal static class NormalizationOperators
{
    private const float DefaultEpsilon = 1e-5f;

    public static void AddTo(OperatorTable table)
    {
        table.AddMany("LayerNormalization", Layer);
        table.Add("RMSNormalization", RootMeanSquare);
        table.Add("InstanceNormalization", call => F.group_norm(call[0], call[0].shape[1], call[1], call[2], Epsilon(call)));
        table.Add("GroupNormalization", Group);
        table.Add("BatchNormalization", call => call.Node.Int("training_mode") == 0
            ? F.batch_norm(call[0], call[3], call[4], call[1], call[2], training: false, eps: Epsilon(call))
            : throw call.Refuse("it is in training mode"));
        table.AddMany("com.microsoft.SkipLayerNormalization", SkipLayer);
    }

    private static float Epsilon(OperatorCall call) => call.Node.Float("epsilon") ?? DefaultEpsilon;

    private static Tensor[] Layer(OperatorCall call)
    {
        long[] normalized = call[0].shape[call.Axis(call.Node.Int("axis", -1), call[0].dim())..];
        Tensor y = Layer(call[0], normalized, call[1], call.Optional(2), Epsilon(call));
        if (call.Node.Outputs.Skip(1).All(output => output.Length == 0)) return [y];
        long[] axes = [.. Enumerable.Range(1, normalized.Length).Select(back => (long)-back)];
        Tensor mean = call[0].mean(axes, keepdim: true);
        Tensor centred = call[0] - mean;
        return [y, mean, ((centred * centred).mean(axes, keepdim: true) + Epsilon(call)).rsqrt()];
    }

    private static Tensor Layer(Tensor x, long[] normalized, Tensor scale, Tensor? bias, float epsilon)
    {
        if (scale.shape.SequenceEqual(normalized) && (bias is null || bias.shape.SequenceEqual(normalized))) return F.layer_norm(x, normalized, scale, bias, epsilon);
        Tensor y = F.layer_norm(x, normalized, eps: epsilon) * scale;
        return bias is null ? y : y + bias;
    }

    private static Tensor RootMeanSquare(OperatorCall call)
    {
        int axis = call.Axis(call.Node.Int("axis", -1), call[0].dim());
        long[] axes = [.. Enumerable.Range(axis, (int)call[0].dim() - axis).Select(index => (long)index)];
        return call[0] * ((call[0] * call[0]).mean(axes, keepdim: true) + Epsilon(call)).rsqrt() * call[1];
    }

    /// <summary>Scale and bias are per group before opset 21, and per channel from there.</summary>
    private static Tensor Group(OperatorCall call)
    {
        long groups = call.Node.Int("num_groups");
        long channels = call[0].shape[1];
        if (groups < 1 || channels % groups != 0) throw call.Refuse($"its {groups} groups do not divide {channels} channels");
        return F.group_norm(call[0], groups, PerChannel(call[1]), PerChannel(call[2]), Epsilon(call));

        Tensor PerChannel(Tensor values) => call.Opset >= 21 ? values : values.unsqueeze(1).expand(groups, channels / groups).reshape(channels);
    }

    /// <summary>The fourth output is the sum that is normalised; the second and third are for training alone.</summary>
    private static Tensor[] SkipLayer(OperatorCall call)
    {
        if (call.Node.Outputs.Skip(1).Take(2).Any(output => output.Length > 0)) throw call.Refuse("its mean or deviation is used");
        Tensor sum = call[0] + call[1];
        if (call.Optional(4) is { } bias) sum += bias;
        Tensor y = Layer(sum, [sum.shape[^1]], call[2], call.Optional(3), call.Node.Float("epsilon") ?? 1e-12f);
        return call.Node.Outputs.Count > 3 ? [y, zeros(0), zeros(0), sum] : [y];
    }
}
