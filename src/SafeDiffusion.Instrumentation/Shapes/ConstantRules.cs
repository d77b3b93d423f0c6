using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Operators that make constants, and shapes as values.</summary>
internal static class ConstantRules
{
    public static Facts Constant(Operation op)
    {
        if (op.Node.Find("value")?.T is { } tensor)
            return ShapeInference.OfTensor(tensor);
        if (op.Node.Find("value_int") is { } integer)
            return Facts.Of(OnnxElementType.Int64, [], [integer.I], constant: true);
        if (op.Node.Ints("value_ints") is { } integers)
            return Facts.Of(OnnxElementType.Int64, [integers.Length], Array.ConvertAll(integers, value => (double)value), constant: true);
        if (op.Node.Float("value_float") is { } number)
            return Facts.Of(OnnxElementType.Float32, [], [number], constant: true);
        return op.Node.Find("value_floats") is { } floats
            ? Facts.Of(OnnxElementType.Float32, [floats.Floats.Count], [.. floats.Floats.Select(value => (double)value)], constant: true)
            : Facts.Unknown with { IsConstant = true };
    }

    public static Facts ConstantOfShape(Operation op)
    {
        TensorProto? tensor = op.Node.Find("value")?.T;
        OnnxElementType type = tensor is null ? OnnxElementType.Float32 : (OnnxElementType)tensor.DataType;
        double? value = tensor is null ? 0 : TensorContents.Read(tensor) is [double one] ? one : null;
        return Filled(type, op.First.Integers, value);
    }

    public static Facts Shape(Operation op)
    {
        if (op.First.Shape is not { } shape)
            return new Facts(OnnxElementType.Int64);
        int start = Bound(op.Node.Int("start", 0), shape.Length);
        int end = Bound(op.Node.Int("end", shape.Length), shape.Length);
        return Vector(start < end ? shape[start..end] : []);
    }

    public static Facts Size(Operation op) => op.First.Shape is { } shape
        ? Facts.Of(OnnxElementType.Int64, [], [Sizes.Count(shape)])
        : new Facts(OnnxElementType.Int64, []);

    public static Facts Range(Operation op)
    {
        if (op.First.Scalar is not { } start || op[1].Scalar is not { } limit || op[2].Scalar is not { } delta || delta == 0)
            return new Facts(op.First.Type);
        double count = Math.Max(0, Math.Ceiling((limit - start) / delta));
        double[]? contents = count <= TensorContents.MostElements ? [.. Enumerable.Range(0, (int)count).Select(i => start + (i * delta))] : null;
        return Facts.Of(op.First.Type, [(long)count], contents);
    }

    public static Facts Filled(OnnxElementType type, long[]? shape, double? value)
    {
        if (shape is null || value is null)
            return new Facts(type, shape, Uniform: value);
        long count = Sizes.Count(shape);
        double[]? contents = count is >= 0 and <= TensorContents.MostElements ? [.. Enumerable.Repeat(value.Value, (int)count)] : null;
        return Facts.Of(type, shape, contents, value);
    }

    private static Facts Vector(long[] values) =>
        Facts.Of(OnnxElementType.Int64, [values.Length], Array.ConvertAll(values, value => (double)value));

    private static int Bound(long index, int rank) => (int)Math.Clamp(index < 0 ? index + rank : index, 0, rank);
}
