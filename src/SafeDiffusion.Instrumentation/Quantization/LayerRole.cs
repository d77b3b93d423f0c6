namespace SafeDiffusion.Instrumentation.Quantization;

/// <summary>What a layer with weights does in a UNet.</summary>
public enum LayerRole
{
    /// <summary>A convolution.</summary>
    Convolution,

    /// <summary>A projection of attention: queries, keys and values of self-attention with its output, and the queries of cross-attention.</summary>
    Attention,

    /// <summary>Any other matrix product: feed-forward layers, projections into and out of transformer blocks.</summary>
    Product,
}
