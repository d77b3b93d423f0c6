using SafeDiffusion.Instrumentation.Onnx;
using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Graphs.Operators;

/// <summary>Arithmetic, element by element, with broadcasting.</summary>
internal static class ElementwiseOperators
{
    public static void AddTo(OperatorTable table)
    {
        table.Add("Add", call => call[0] + call[1]);
        table.Add("Sub", call => call[0] - call[1]);
        table.Add("Mul", call => call[0] * call[1]);
        table.Add("Div", call => call[0].is_floating_point() ? call[0] / call[1] : call[0].div(call[1], RoundingMode.trunc));
        table.Add("Mod", call => call.Node.Int("fmod") != 0 ? call[0].fmod(call[1]) : call[0].remainder(call[1]));
        table.Add("Pow", Power);
        table.Add("Neg", call => -call[0]);
        table.Add("Abs", call => call[0].abs());
        table.Add("Sign", call => call[0].sign());
        table.Add("Sqrt", call => call[0].sqrt());
        table.Add("Exp", call => call[0].exp());
        table.Add("Log", call => call[0].log());
        table.Add("Erf", call => call[0].erf());
        table.Add("Sin", call => call[0].sin());
        table.Add("Cos", call => call[0].cos());
        table.Add("Tan", call => call[0].tan());
        table.Add("Floor", call => call[0].floor());
        table.Add("Ceil", call => call[0].ceil());
        table.Add("Round", call => call[0].round());
        table.Add("Reciprocal", call => call[0].reciprocal());
        table.Add("Clip", Clip);
        table.Add("Cast", call => Cast(call, call[0], (OnnxElementType)call.Node.Int("to")));
        table.Add("CastLike", call => call[0].to(call[1].dtype));
        table.Add("Identity", call => call[0]);
        table.Add("Dropout", call => call.Optional(2) is null || call.Longs(2)![0] == 0 ? call[0] : throw call.Refuse("it drops values, as in training"));
        table.Add("Min", call => call.All().Aggregate(minimum));
        table.Add("Max", call => call.All().Aggregate(maximum));
        table.Add("Sum", call => call.All().Aggregate((sum, next) => sum + next));
        table.Add("Mean", call => call.All().Aggregate((sum, next) => sum + next) / call.Inputs.Length);
    }

    private static IEnumerable<Tensor> All(this OperatorCall call) => Enumerable.Range(0, call.Inputs.Length).Select(index => call[index]);

    /// <summary>A constant exponent is a number: its gradient is then that of the power alone, and squares are squares.</summary>
    private static Tensor Power(OperatorCall call)
    {
        (Tensor x, Tensor exponent) = (call[0], call.Where(1) ?? call[1]);
        bool isNumber = exponent.numel() == 1 && !exponent.requires_grad && exponent.dim() <= x.dim();
        Tensor power = isNumber && x.is_floating_point() ? pow(x, exponent.to(ScalarType.Float64).item<double>()) : pow(x, call[1]);
        return power.to(x.dtype);
    }

    private static Tensor Clip(OperatorCall call)
    {
        Tensor x = call[0];
        if (call.Optional(1) is { } low) x = maximum(x, low.to(x.dtype));
        else if (call.Node.Float("min") is { } least) x = x.clamp_min(least);
        if (call.Optional(2) is { } high) x = minimum(x, high.to(x.dtype));
        else if (call.Node.Float("max") is { } most) x = x.clamp_max(most);
        return x;
    }

    private static Tensor Cast(OperatorCall call, Tensor x, OnnxElementType type)
    {
        ScalarType to = TensorTypes.Of(type, call.Precision) ?? throw call.Refuse($"it casts to {type}, which cannot be computed with");
        return to == ScalarType.Bool ? x != 0 : x.to(to);
    }
}
