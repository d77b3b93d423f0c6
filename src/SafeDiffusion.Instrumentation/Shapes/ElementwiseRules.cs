using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Operators that work element by element, with broadcasting.</summary>
internal static class ElementwiseRules
{
    private static readonly HashSet<string> _likeFirst =
    [
        "Identity", "Dropout", "Sigmoid", "Erf", "Sin", "Cos", "Tanh", "Exp", "Log", "Relu", "LeakyRelu", "Gelu", "HardSwish", "HardSigmoid",
        "Elu", "Selu", "Softplus", "Softsign", "Mish", "Swish", "Clip", "Abs", "Neg", "Floor", "Ceil", "Round", "Sqrt", "Reciprocal", "Not", "Sign",
        "Softmax", "LogSoftmax", "InstanceNormalization", "GroupNormalization", "LayerNormalization", "BatchNormalization",
        "RMSNormalization", "SimplifiedLayerNormalization", "Cast", "CastLike", "IsNaN", "IsInf", "Trilu", "CumSum", "PRelu", "DequantizeLinear",
    ];

    private static readonly HashSet<string> _broadcasting =
    [
        "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max", "Sum", "Mean", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And",
        "Or", "Xor", "Where",
    ];

    public static Facts Apply(Operation op)
    {
        string name = op.Node.OpType;
        if (_likeFirst.Contains(name))
            return Unary(op);
        return _broadcasting.Contains(name) ? Broadcast(op) : Facts.Unknown;
    }

    private static Facts Unary(Operation op)
    {
        OnnxElementType type = UnaryType(op);
        if (UnaryFunction(op.Node.OpType, type) is not { } function)
            return new Facts(type, op.First.Shape);
        double? uniform = op.First.Uniform is { } one ? function(one) : null;
        return Facts.Of(type, op.First.Shape, op.First.Contents is { } contents ? Array.ConvertAll(contents, value => function(value)) : null, uniform);
    }

    private static OnnxElementType UnaryType(Operation op) => op.Node.OpType switch
    {
        "Cast" => (OnnxElementType)op.Node.Int("to", 0),
        "CastLike" or "DequantizeLinear" => op[1].Type,
        "IsNaN" or "IsInf" => OnnxElementType.Boolean,
        _ => op.First.Type,
    };

    private static Func<double, double>? UnaryFunction(string name, OnnxElementType type) => name switch
    {
        "Identity" or "Dropout" => value => value,
        "Cast" or "CastLike" => new Facts(type).IsInteger ? type == OnnxElementType.Boolean ? value => value == 0 ? 0 : 1 : Math.Truncate : value => value,
        "Sqrt" => Math.Sqrt,
        "Neg" => value => -value,
        "Abs" => Math.Abs,
        "Floor" => Math.Floor,
        "Ceil" => Math.Ceiling,
        "Reciprocal" => value => 1 / value,
        "Not" => value => value == 0 ? 1 : 0,
        "Exp" => Math.Exp,
        "Log" => Math.Log,
        _ => null,
    };

    private static Facts Broadcast(Operation op)
    {
        OnnxElementType type = op.Node.OpType switch
        {
            "Equal" or "Less" or "Greater" or "LessOrEqual" or "GreaterOrEqual" => OnnxElementType.Boolean,
            "Where" => op[1].Type,
            _ => op.Inputs.Select(input => input.Type).FirstOrDefault(known => known != OnnxElementType.Undefined),
        };
        if (op.Inputs.Any(input => input.Shape is null))
            return new Facts(type);
        long[] shape = op.Inputs.Select(input => input.Shape!).Aggregate(Join);
        Func<double[], double>? function = Function(op.Node.OpType, op.First.IsInteger);
        return Facts.Of(type, shape, Contents(op.Inputs, shape, function), Uniform(op, function));
    }

    private static double? Uniform(Operation op, Func<double[], double>? function)
    {
        if (op.Node.OpType == "Mul" && op.Inputs.Any(input => input.Uniform == 0))
            return 0;
        return function is not null && op.Inputs.All(input => input.Uniform is not null) ? function([.. op.Inputs.Select(input => input.Uniform!.Value)]) : null;
    }

    private static double[]? Contents(Facts[] inputs, long[] shape, Func<double[], double>? function)
    {
        if (function is null || inputs.Any(input => input.Contents is null) || Sizes.Count(shape) is not (>= 0 and <= TensorContents.MostElements and var count))
            return null;
        double[] result = new double[count];
        double[] operands = new double[inputs.Length];
        for (int i = 0; i < result.Length; i++)
        {
            for (int k = 0; k < inputs.Length; k++)
                operands[k] = inputs[k].Contents![Sizes.BroadcastIndex(i, shape, inputs[k].Shape!)];
            result[i] = function(operands);
        }
        return result;
    }

    private static Func<double[], double>? Function(string name, bool integer) => name switch
    {
        "Add" => values => values[0] + values[1],
        "Sub" => values => values[0] - values[1],
        "Mul" => values => values[0] * values[1],
        "Div" => integer ? values => Math.Truncate(values[0] / values[1]) : values => values[0] / values[1],
        "Mod" => values => values[0] - (values[1] * Math.Floor(values[0] / values[1])),
        "Pow" => values => Math.Pow(values[0], values[1]),
        "Min" => values => values.Min(),
        "Max" => values => values.Max(),
        "Equal" => values => values[0] == values[1] ? 1 : 0,
        "Less" => values => values[0] < values[1] ? 1 : 0,
        "Greater" => values => values[0] > values[1] ? 1 : 0,
        "LessOrEqual" => values => values[0] <= values[1] ? 1 : 0,
        "GreaterOrEqual" => values => values[0] >= values[1] ? 1 : 0,
        "And" => values => values[0] != 0 && values[1] != 0 ? 1 : 0,
        "Or" => values => values[0] != 0 || values[1] != 0 ? 1 : 0,
        "Where" => values => values[0] != 0 ? values[1] : values[2],
        _ => null,
    };

    private static long[] Join(long[] left, long[] right) => Sizes.Broadcast(left, right);
}
