namespace SafeDiffusion.Instrumentation.Shapes;

/// <summary>Each operator's outputs from its inputs: sends a node to the family that knows it.</summary>
internal static class ShapeRules
{
    public static Facts[] Apply(Operation op) => op.Node.Domain switch
    {
        "" or "ai.onnx" => Onnx(op),
        "com.microsoft" => Microsoft(op),
        "com.microsoft.nchwc" => Blocked(op),
        _ => [],
    };

    private static Facts[] Onnx(Operation op) => op.Node.OpType switch
    {
        "Constant" => [ConstantRules.Constant(op)],
        "ConstantOfShape" => [ConstantRules.ConstantOfShape(op)],
        "Shape" => [ConstantRules.Shape(op)],
        "Size" => [ConstantRules.Size(op)],
        "Range" => [ConstantRules.Range(op)],
        "Reshape" => [LayoutRules.Reshape(op)],
        "Flatten" => [LayoutRules.Flatten(op)],
        "Transpose" => [LayoutRules.Transpose(op)],
        "Squeeze" => [LayoutRules.Squeeze(op)],
        "Unsqueeze" => [LayoutRules.Unsqueeze(op)],
        "Expand" => [LayoutRules.Expand(op)],
        "Tile" => [LayoutRules.Tile(op)],
        "Concat" => [PieceRules.Concat(op)],
        "Slice" => [PieceRules.Slice(op)],
        "Gather" => [PieceRules.Gather(op)],
        "Split" => PieceRules.Split(op),
        "Pad" => [PieceRules.Pad(op)],
        "MatMul" => [ProductRules.MatMul(op.First, op[1])],
        "Gemm" => [ProductRules.Gemm(op)],
        "Einsum" => [ProductRules.Einsum(op)],
        "Conv" => [SpatialRules.Conv(op)],
        "QLinearConv" => [WholeNumberRules.Convolution(op)],
        "QuantizeLinear" => [WholeNumberRules.Quantized(op)],
        "DequantizeLinear" => [WholeNumberRules.Dequantized(op)],
        "Resize" or "Upsample" => [SpatialRules.Resize(op)],
        "AveragePool" or "MaxPool" => [SpatialRules.Pool(op)],
        "GlobalAveragePool" => [SpatialRules.GlobalPool(op)],
        "Attention" => [ProductRules.Attention(op)],
        _ when op.Node.OpType.StartsWith("Reduce", StringComparison.Ordinal) => [LayoutRules.Reduce(op)],
        _ => [ElementwiseRules.Apply(op)],
    };

    private static Facts[] Microsoft(Operation op) => op.Node.OpType switch
    {
        "MultiHeadAttention" => [ProductRules.MultiHeadAttention(op)],
        "Attention" => [ProductRules.PackedAttention(op)],
        "FusedMatMul" => [ProductRules.FusedMatMul(op)],
        "MatMulIntegerToFloat" or "DynamicQuantizeMatMul" => [WholeNumberRules.Product(op)],
        "FusedConv" => [SpatialRules.Conv(op)],
        "NhwcConv" or "NhwcFusedConv" => [SpatialRules.NhwcConv(op)],
        "FusedGemm" => [ProductRules.Gemm(op)],
        "BiasSplitGelu" => [ProductRules.BiasSplitGelu(op)],
        "SkipGroupNorm" => [Same(op), Same(op)],
        "SkipLayerNormalization" => [Same(op), Facts.Unknown, Facts.Unknown, Same(op)],
        "GroupNorm" or "BiasAdd" or "BiasGelu" or "FastGelu" or "QuickGelu" or "Gelu" or "BiasDropout" => [Same(op)],
        _ => [],
    };

    /// <summary>Operators on feature maps whose channels lie in blocks; ONNX Runtime writes them when it saves a graph for one machine.</summary>
    private static Facts[] Blocked(Operation op) => op.Node.OpType switch
    {
        "Conv" => [SpatialRules.Conv(op)],
        "AveragePool" or "MaxPool" => [SpatialRules.Pool(op)],
        "GlobalAveragePool" or "GlobalMaxPool" => [SpatialRules.GlobalPool(op)],
        "Upsample" => [SpatialRules.BlockedUpsample(op)],
        "ReorderInput" => [SpatialRules.ReorderInput(op)],
        "ReorderOutput" => [SpatialRules.ReorderOutput(op)],
        _ => [],
    };

    private static Facts Same(Operation op) => new(op.First.Type, op.First.Shape);
}
