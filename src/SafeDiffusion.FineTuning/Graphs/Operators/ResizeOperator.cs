using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>
/// Resize, an axis after the other: each place of the output is the nearest one of the input, or lies between two. Places are computed in
/// single precision as ONNX Runtime does, so that both round alike.
/// </summary>
internal static class ResizeOperator
{
    public static void AddTo(OperatorTable table) => table.Add("Resize", Resize);

    private static Tensor Resize(OperatorCall call)
    {
        call.RequireText("mode", "nearest", "linear");
        call.RequireText("coordinate_transformation_mode", "half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners");
        call.RequireText("keep_aspect_ratio_policy", "stretch");
        if (call.Node.Int("antialias") != 0) throw call.Refuse("it is antialiased");
        bool isNew = call.Opset >= 11;
        float[]? scales = call.Singles(isNew ? 2 : 1);
        long[]? sizes = isNew ? call.Longs(3) : null;
        Tensor result = call[0];
        int rank = (int)result.dim();
        int[] axes = call.Node.Ints("axes") is { } named ? [.. named.Select(axis => call.Axis(axis, rank))] : [.. Enumerable.Range(0, rank)];
        for (int i = 0; i < axes.Length; i++)
        {
            long from = result.shape[axes[i]];
            long to = sizes?[i] ?? (long)MathF.Floor(from * (scales ?? throw call.Refuse("it has neither scales nor sizes"))[i]);
            float scale = sizes is null ? scales![i] : (float)to / from;
            if (from != to || scale != 1) result = Along(call, result, axes[i], (int)to, scale);
        }
        return result;
    }

    private static Tensor Along(OperatorCall call, Tensor x, int axis, int to, float scale)
    {
        int from = (int)x.shape[axis];
        string transformation = call.Node.Text("coordinate_transformation_mode") ?? (call.Opset >= 11 ? "half_pixel" : "asymmetric");
        float[] places = [.. Enumerable.Range(0, to).Select(place => Original(transformation, place, scale, from, to))];
        if ((call.Node.Text("mode") ?? "nearest") == "nearest")
        {
            string rounding = call.Node.Text("nearest_mode") ?? (call.Opset >= 11 ? "round_prefer_floor" : "floor");
            return x.index_select(axis, tensor(places.Select(place => Math.Clamp((long)Round(call, rounding, place), 0, from - 1)).ToArray()).to(x.device));
        }
        float[] inside = [.. places.Select(place => Math.Clamp(place, 0, from - 1))];
        Tensor before = x.index_select(axis, tensor(inside.Select(place => (long)place).ToArray()).to(x.device));
        Tensor after = x.index_select(axis, tensor(inside.Select(place => Math.Min((long)place + 1, from - 1)).ToArray()).to(x.device));
        long[] shape = [.. Enumerable.Repeat(1L, (int)x.dim())];
        shape[axis] = to;
        Tensor weight = tensor(inside.Select(place => place - MathF.Floor(place)).ToArray()).to(x.dtype).to(x.device).reshape(shape);
        return before + (after - before) * weight;
    }

    private static float Original(string transformation, int place, float scale, int from, int to) => transformation switch
    {
        "asymmetric" => place / scale,
        "align_corners" => to == 1 ? 0 : (float)place * (from - 1) / (to - 1),
        "pytorch_half_pixel" when to == 1 => 0,
        _ => (place + 0.5f) / scale - 0.5f,
    };

    private static float Round(OperatorCall call, string rounding, float place) => rounding switch
    {
        "floor" => MathF.Floor(place),
        "ceil" => MathF.Ceiling(place),
        "round_prefer_floor" => MathF.Ceiling(place - 0.5f),
        "round_prefer_ceil" => MathF.Floor(place + 0.5f),
        _ => throw call.Refuse($"its nearest_mode is '{rounding}'"),
    };
}
