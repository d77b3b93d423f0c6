using SafeDiffusion.Instrumentation.Onnx;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Operators that make values out of nothing but constants and shapes.</summary>
internal static class ConstantOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Constant", Constant);
        table.Add("ConstantOfShape", OfShape);
        table.Add("Shape", Shape);
        table.Add("Size", call => tensor(call[0].numel(), ScalarType.Int64));
        table.Add("Range", Range);
        table.Add("EyeLike", call => call.Int("k") == 0 ? eye(call[0].shape[0], call[0].shape[1], call.Precision) : throw call.Refuse("its k is not 0"));
    }

    private static long Int(this OperatorCall call, string attribute) => call.Node.Int(attribute);

    private static Tensor Constant(OperatorCall call)
    {
        OnnxNode node = call.Node;
        if (node.Tensor("value") is { } stored) return Read(call, stored);
        if (node.Has("value_int")) return tensor(node.Int("value_int"), ScalarType.Int64);
        if (node.Has("value_float")) return tensor(node.Float("value_float")!.Value, call.Precision);
        if (node.Has("value_ints")) return tensor(node.Ints("value_ints")!.ToArray(), ScalarType.Int64);
        if (node.Has("value_floats")) return tensor(node.Floats("value_floats")!.ToArray(), call.Precision);
        throw call.Refuse("its value is of a kind that cannot be read");
    }

    private static Tensor OfShape(OperatorCall call)
    {
        long[] shape = call.Longs(0)!;
        if (call.Node.Tensor("value") is not { } stored) return zeros(shape, call.Precision);
        return Read(call, stored).reshape([]).expand(shape).clone();
    }

    private static Tensor Read(OperatorCall call, OnnxTensor stored) =>
        TensorTypes.Read(stored, call.Precision) ?? throw call.Refuse($"its value is of type {stored.ElementType}, which cannot be computed with");

    private static Tensor Shape(OperatorCall call)
    {
        long[] shape = call[0].shape;
        int start = Place(call.Node.Int("start"), shape.Length);
        int end = Place(call.Node.Int("end", shape.Length), shape.Length);
        return tensor(start < end ? shape[start..end] : [], ScalarType.Int64);
    }

    private static int Place(long place, int rank) => (int)Math.Clamp(place < 0 ? place + rank : place, 0, rank);

    private static Tensor Range(OperatorCall call)
    {
        if (call[0].is_floating_point()) return arange(call[0].item<double>(call), call[1].item<double>(call), call[2].item<double>(call), call.Precision);
        return arange(call.Longs(0)![0], call.Longs(1)![0], call.Longs(2)![0], call[0].dtype);
    }

    private static double item<T>(this Tensor value, OperatorCall call) => value.numel() == 1 ? value.to(ScalarType.Float64).item<double>() : throw call.Refuse("a limit is not a single number");
}
