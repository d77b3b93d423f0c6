using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Operators that compute in whole numbers, and the ways there and back.</summary>
internal static class WholeNumberRules
{
    public static Facts Quantized(Operation op) => new(op.Has(2) ? op[2].Type : OnnxElementType.UInt8, op.First.Shape);

    public static Facts Dequantized(Operation op) => new(op[1].Type, op.First.Shape);

    /// <summary>A product whose result is float32 again.</summary>
    public static Facts Product(Operation op) => ProductRules.MatMul(op.First, op[1]) with { Type = OnnxElementType.Float32 };

    /// <summary>QLinearConv: input, scale, zero point, then the same of the weights.</summary>
    public static Facts Convolution(Operation op) => SpatialRules.Conv(op with { Inputs = [op.First, op[3]] }) with { Type = op[7].Type };
}
