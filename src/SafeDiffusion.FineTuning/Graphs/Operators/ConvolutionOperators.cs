using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Convolutions and pooling over two dimensions; one dimension is run as two.</summary>
internal static class ConvolutionOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Conv", call => InTwoDimensions(call, Convolve));
        table.Add("ConvTranspose", call => InTwoDimensions(call, ConvolveTransposed));
        table.Add("AveragePool", call => Pool(call, average: true));
        table.Add("MaxPool", call => Pool(call, average: false));
    }

    private static Tensor InTwoDimensions(OperatorCall call, Func<OperatorCall, Tensor, Tensor, Tensor> convolve)
    {
        if (call[0].dim() == 4) return convolve(call, call[0], call[1]);
        if (call[0].dim() == 3) return convolve(call, call[0].unsqueeze(2), call[1].unsqueeze(2)).squeeze(2);
        throw call.Refuse($"its input has {call[0].dim()} dimensions; 3 and 4 can be run");
    }

    private static Tensor Convolve(OperatorCall call, Tensor x, Tensor weight)
    {
        long[] strides = Pair(call, "strides", 1);
        long[] dilations = Pair(call, "dilations", 1);
        long[] pads = Pads(call, x.shape[2..], weight.shape[2..], strides, dilations);
        bool isSymmetric = pads[0] == pads[2] && pads[1] == pads[3];
        if (!isSymmetric) x = F.pad(x, [pads[1], pads[3], pads[0], pads[2]]);
        long groups = call.Node.Int("group", 1);
        return WholeBlocks.Run(x, weight, call.Optional(2), outputDimension: 0, groups,
            (x, weight, bias) => F.conv2d(x, weight, bias, strides, isSymmetric ? pads[..2] : [0, 0], dilations, groups));
    }

    private static Tensor ConvolveTransposed(OperatorCall call, Tensor x, Tensor weight)
    {
        call.RequireText("auto_pad", "NOTSET", "VALID");
        if (call.Node.Has("output_shape")) throw call.Refuse("it names its output's shape");
        long[] strides = Pair(call, "strides", 1);
        long[] dilations = Pair(call, "dilations", 1);
        long[] pads = Quad(call);
        bool isSymmetric = pads[0] == pads[2] && pads[1] == pads[3];
        long[] more = Pair(call, "output_padding", 0);
        long groups = call.Node.Int("group", 1);
        Tensor y = WholeBlocks.Run(x, weight, call.Optional(2), outputDimension: 1, groups,
            (x, weight, bias) => F.conv_transpose2d(x, weight, bias, strides, isSymmetric ? pads[..2] : [0, 0], more, dilations, groups));
        if (isSymmetric) return y;
        return y.slice(2, pads[0], y.shape[2] - pads[2], 1).slice(3, pads[1], y.shape[3] - pads[3], 1);
    }

    private static Tensor Pool(OperatorCall call, bool average)
    {
        if (call[0].dim() != 4) throw call.Refuse($"its input has {call[0].dim()} dimensions; 4 can be run");
        call.RequireText("auto_pad", "NOTSET", "VALID");
        long[] kernel = call.Node.Ints("kernel_shape")?.ToArray() ?? throw call.Refuse("it has no kernel_shape");
        long[] pads = Quad(call);
        if (pads[0] != pads[2] || pads[1] != pads[3]) throw call.Refuse("its pads differ from side to side");
        bool ceil = call.Node.Int("ceil_mode") != 0;
        return average
            ? F.avg_pool2d(call[0], kernel, Pair(call, "strides", 1), pads[..2], ceil, call.Node.Int("count_include_pad") != 0)
            : F.max_pool2d(call[0], kernel, Pair(call, "strides", 1), pads[..2], Pair(call, "dilations", 1), ceil);
    }

    /// <summary>Two values; a lone one is of the second dimension.</summary>
    private static long[] Pair(OperatorCall call, string attribute, long otherwise) => call.Node.Ints(attribute) switch
    {
        null => [otherwise, otherwise],
        [var one] => [otherwise, one],
        [var first, var second] => [first, second],
        _ => throw call.Refuse($"its {attribute} has more than two values"),
    };

    /// <summary>Top, left, bottom, right.</summary>
    private static long[] Quad(OperatorCall call) => call.Node.Ints("pads") switch
    {
        null => [0, 0, 0, 0],
        [var begin, var end] => [0, begin, 0, end],
        [var top, var left, var bottom, var right] => [top, left, bottom, right],
        _ => throw call.Refuse("its pads are not two or four values"),
    };

    private static long[] Pads(OperatorCall call, long[] size, long[] kernel, long[] strides, long[] dilations)
    {
        string auto = call.Node.Text("auto_pad") ?? "NOTSET";
        if (auto == "NOTSET") return Quad(call);
        if (auto == "VALID") return [0, 0, 0, 0];
        long[] pads = new long[4];
        for (int axis = 0; axis < 2; axis++)
        {
            long covered = (((size[axis] + strides[axis] - 1) / strides[axis]) - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
            long total = Math.Max(0, covered - size[axis]);
            pads[axis] = auto == "SAME_LOWER" ? total - total / 2 : total / 2;
            pads[axis + 2] = total - pads[axis];
        }
        return pads;
    }
}
