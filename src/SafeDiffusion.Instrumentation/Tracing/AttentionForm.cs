namespace SafeDiffusion.Instrumentation.Tracing;

/// <summary>How a graph computes an attention.</summary>
public enum AttentionForm
{
    /// <summary>Score product, Softmax, product with the values.</summary>
    Products,

    /// <summary>ONNX's operator <c>Attention</c> (opset 23).</summary>
    Operator,

    /// <summary><c>com.microsoft.MultiHeadAttention</c> with separate keys and values.</summary>
    MultiHead,

    /// <summary><c>com.microsoft.MultiHeadAttention</c> with keys and values packed into one input; the CPU provider cannot run it.</summary>
    PackedMultiHead,

    /// <summary><c>com.microsoft.Attention</c>, or <c>MultiHeadAttention</c> with queries, keys and values packed into one: self-attention.</summary>
    PackedSelf,
}
