using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Operators on feature maps, channels first unless said otherwise.</summary>
internal static class SpatialRules
{
    public static Facts Conv(Operation op)
    {
        if (op.First.Shape is not { Length: >= 3 } shape || op[1].Shape is not { } weight)
            return new Facts(op.First.Type);
        long[] size = Windowed(op.Node, shape[2..], op.Node.Ints("kernel_shape") ?? weight[2..]);
        return new Facts(op.First.Type, [shape[0], weight[0], .. size]);
    }

    /// <summary>Feature maps <c>[B, H, W, C]</c>, weights <c>[M, kH, kW, C]</c>.</summary>
    public static Facts NhwcConv(Operation op)
    {
        if (op.First.Shape is not { Length: 4 } shape || op[1].Shape is not { } weight)
            return new Facts(op.First.Type);
        long[] size = Windowed(op.Node, shape[1..3], op.Node.Ints("kernel_shape") ?? weight[1..3]);
        return new Facts(op.First.Type, [shape[0], .. size, weight[0]]);
    }

    public static Facts Pool(Operation op)
    {
        if (op.First.Shape is not { Length: >= 3 } shape || op.Node.Ints("kernel_shape") is not { } kernel || op.Node.Int("ceil_mode", 0) != 0)
            return new Facts(op.First.Type);
        return new Facts(op.First.Type, [.. shape[..2], .. Windowed(op.Node, shape[2..], kernel)]);
    }

    public static Facts GlobalPool(Operation op) => op.First.Shape is { Length: >= 3 } shape
        ? new Facts(op.First.Type, [.. shape[..2], .. shape[2..].Select(_ => 1L)])
        : new Facts(op.First.Type);

    public static Facts Resize(Operation op)
    {
        if (op.First.Shape is not { } shape)
            return new Facts(op.First.Type);
        long[] axes = op.Node.Ints("axes") is { Length: > 0 } given
            ? Array.ConvertAll(given, axis => axis < 0 ? axis + shape.Length : axis)
            : [.. Enumerable.Range(0, shape.Length).Select(axis => (long)axis)];
        double[]? scales = op.Node.OpType == "Upsample" || op.Opset < 11 ? op[1].Contents : op[2].Contents;
        long[] result = [.. shape];
        for (int i = 0; i < axes.Length; i++)
        {
            if (op[3].Integers is { } sizes && sizes.Length == axes.Length)
                result[axes[i]] = sizes[i];
            else if (scales?.Length == axes.Length)
                result[axes[i]] = (long)Math.Floor(shape[axes[i]] * scales[i]);
            else
                return new Facts(op.First.Type);
        }
        return new Facts(op.First.Type, result);
    }

    public static Facts BlockedUpsample(Operation op) => op.First.Shape is { Length: 4 } shape && op.Node.Ints("scales") is { Length: 4 } scales
        ? new Facts(op.First.Type, [.. shape.Zip(scales, (size, scale) => size * scale)])
        : new Facts(op.First.Type);

    public static Facts ReorderInput(Operation op) => op.First.Shape is [var batch, var first, var second, var third] && op.Node.Int("channels_last", 0) != 0
        ? new Facts(op.First.Type, [batch, third, first, second])
        : new Facts(op.First.Type, op.First.Shape);

    public static Facts ReorderOutput(Operation op)
    {
        if (op.First.Shape is not [var batch, var blocked, var height, var width])
            return new Facts(op.First.Type);
        long channels = op.Node.Int("channels", blocked);
        return new Facts(op.First.Type, op.Node.Int("channels_last", 0) != 0 ? [batch, height, width, channels] : [batch, channels, height, width]);
    }

    private static long[] Windowed(NodeProto node, long[] size, long[] kernel)
    {
        int rank = size.Length;
        long[] strides = node.Ints("strides") ?? [.. size.Select(_ => 1L)];
        long[] dilations = node.Ints("dilations") ?? [.. size.Select(_ => 1L)];
        long[] pads = node.Ints("pads") ?? new long[2 * rank];
        string padding = node.Text("auto_pad") ?? "NOTSET";
        if (padding.StartsWith("SAME", StringComparison.Ordinal))
            return [.. size.Select((length, i) => (length + strides[i] - 1) / strides[i])];
        bool padded = padding == "NOTSET";
        return [.. size.Select((length, i) =>
            ((length + (padded ? pads[i] + pads[i + rank] : 0) - (dilations[i] * (kernel[i] - 1)) - 1) / strides[i]) + 1)];
    }
}
