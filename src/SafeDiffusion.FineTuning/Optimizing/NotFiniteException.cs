using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.FineTuning.Optimizing;

/// <summary>A loss or a gradient is infinite or not a number; training stops there, and keeps its last checkpoint.</summary>
public sealed class NotFiniteException : SafeDiffusionException
{
    internal NotFiniteException(string where)
        : base($"fine-tuning: {where}. Lower the learning rate, or clip gradients; the last checkpoint is kept.")
    {
    }
}
