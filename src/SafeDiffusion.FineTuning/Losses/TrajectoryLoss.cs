using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>
/// The second stage of TRCE (arXiv:2503.07389): a triplet loss that draws the predictions for the concept and for the empty text to the
/// safe trajectory and away from the unsafe one, and the original's predictions on unconditional trajectories. Of the paper's text and its
/// code, which adds <c>guidance (safe - null)</c> to <c>safe</c>, the text is followed: <c>f = null + β (c - null)</c>.
/// </summary>
public sealed record TrajectoryLoss : IFineTuningLoss
{
    /// <summary>β, the guidance scale of both trajectories, above 0; 15 by default.</summary>
    public double Scale { get; init; } = 15;

    /// <summary>The margin of the triplet, at least 0; 0.01 by default.</summary>
    public double Margin { get; init; } = 0.01;

    /// <summary>The weight of preservation, at least 0; 100 by default.</summary>
    public double PreservationWeight { get; init; } = 100;

    /// <summary>The erasure projection of the first stage, <c>P [D, D]</c>, through which the student reads every text; null for the second stage alone.</summary>
    public Tensor? Projection { get; init; }

    /// <inheritdoc/>
    public StepLoss Compute(UNetGraph unet, TrainingSample sample)
    {
        ArgumentNullException.ThrowIfNull(unet);
        ArgumentNullException.ThrowIfNull(sample);
        Tensor safeText = sample.Safe ?? throw new ArgumentException("A safe text is needed.", nameof(sample));
        Tensor unconditional = sample.Unconditional ?? throw new ArgumentException("An unconditional trajectory is needed.", nameof(sample));
        Tensor empty = unet.Teacher(sample.Latents, sample.Timestep, sample.Null);
        Tensor unsafeTrajectory = empty + Scale * (unet.Teacher(sample.Latents, sample.Timestep, sample.Concept) - empty);
        Tensor safeTrajectory = empty + Scale * (unet.Teacher(sample.Latents, sample.Timestep, safeText) - empty);
        Tensor held = unet.Teacher(unconditional, sample.UnconditionalTimestep, sample.Null);

        Tensor forConcept = Hinge(unet.Student(sample.Latents, sample.Timestep, Read(sample.Concept)), safeTrajectory, unsafeTrajectory);
        Tensor forNull = Hinge(unet.Student(sample.Latents, sample.Timestep, Read(sample.Null)), safeTrajectory, unsafeTrajectory);
        Tensor erase = ((forConcept.clamp_min(0) + forNull.clamp_min(0)) / 2).mean();
        Tensor preserve = Distances.Mean(unet.Student(unconditional, sample.UnconditionalTimestep, Read(sample.Null)), held).mean();
        return new StepLoss(erase, preserve, erase + PreservationWeight * preserve);
    }

    private Tensor Hinge(Tensor prediction, Tensor safe, Tensor @unsafe) => Distances.Mean(prediction, safe) - Distances.Mean(prediction, @unsafe) + Margin;

    private Tensor Read(Tensor text) => Projection is null ? text : matmul(text, Projection.t());
}
