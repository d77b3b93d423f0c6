using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>
/// ESD (Gandikota et al. 2023, arXiv:2303.07345, Eq. 7): the prediction for the concept becomes the original's, guided away from it:
/// <c>null - η (c - null)</c>. Latents come from the original's trajectories.
/// </summary>
public sealed record ErasedDiffusionLoss : IFineTuningLoss
{
    /// <summary>η, how far it is guided away, above 0; 1 by default.</summary>
    public double Scale { get; init; } = 1;

    /// <inheritdoc/>
    public StepLoss Compute(UNetGraph unet, TrainingSample sample)
    {
        ArgumentNullException.ThrowIfNull(unet);
        ArgumentNullException.ThrowIfNull(sample);
        Tensor empty = unet.Teacher(sample.Latents, sample.Timestep, sample.Null);
        Tensor target = empty - Scale * (unet.Teacher(sample.Latents, sample.Timestep, sample.Concept) - empty);
        Tensor erase = Distances.Mean(unet.Student(sample.Latents, sample.Timestep, sample.Concept), target).mean();
        return new StepLoss(erase, zeros_like(erase), erase);
    }
}
