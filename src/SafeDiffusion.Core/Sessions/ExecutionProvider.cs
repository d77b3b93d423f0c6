namespace SafeDiffusion.Core.Sessions;

/// <summary>What runs the networks.</summary>
public enum ExecutionProvider
{
    /// <summary>The processor; always there.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU, through ONNX Runtime's CUDA provider; its native libraries must be beside ONNX Runtime's.</summary>
    Cuda,
}
