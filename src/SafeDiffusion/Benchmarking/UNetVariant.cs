namespace SafeDiffusion.Benchmarking;

/// <summary>What is compared.</summary>
public enum UNetVariant
{
    /// <summary>The file as it was exported, with ONNX Runtime's own settings.</summary>
    Plain,

    /// <summary>As a pipeline loads it.</summary>
    Ours,
}
