using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.FineTuning.Native;

/// <summary>The native part of the autograd library (libtorch) is not there, or cannot be loaded on this system.</summary>
public sealed class AutogradNotAvailableException : SafeDiffusionException
{
    internal AutogradNotAvailableException(string reason, Exception? innerException = null)
        : base($"libtorch: {reason}", innerException)
    {
    }
}
