using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Native;

/// <summary>What computes.</summary>
public enum AutogradDevice
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>The first GPU of NVIDIA that the process sees; libtorch must be a CUDA build.</summary>
    Cuda,
}

/// <summary>The autograd library's name for a device.</summary>
internal static class AutogradDevices
{
    public static Device ToTorch(this AutogradDevice device) => device == AutogradDevice.Cuda ? CUDA : CPU;
}
