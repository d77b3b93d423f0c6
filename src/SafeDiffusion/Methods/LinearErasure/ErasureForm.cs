namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>How an erasure maps a token's text state.</summary>
public enum ErasureForm
{
    /// <summary>One matrix, <c>e' = P e</c>: TRCE's first stage, UCE and the null-space form.</summary>
    Linear,

    /// <summary>Kernel ridge regression, <c>e' = e + Σ_j k(e, a_j) c_j</c> over anchors <c>a</c>; it is no matrix and cannot be written into weights.</summary>
    Kernel,
}
