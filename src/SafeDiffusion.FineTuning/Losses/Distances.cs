using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>Distances of predictions.</summary>
internal static class Distances
{
    /// <summary>The mean squared difference of each sample, <c>[B]</c>.</summary>
    public static Tensor Mean(Tensor left, Tensor right)
    {
        Tensor difference = left - right;
        return (difference * difference).mean([1, 2, 3]);
    }
}
