using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>
/// Holds the predictions for texts that are to stay as they are, near misses above all, beside a method's own loss: the mean squared
/// difference of student and teacher on the teacher's trajectories of those texts. The methods' papers hold the empty text alone; anchors of
/// this kind are those of Ablating Concepts (Kumari et al. 2023, arXiv:2303.13516, Eq. 5). Where the student reads texts through the first
/// stage of TRCE, this takes back what that stage does to them.
/// </summary>
/// <param name="Method">The method's loss.</param>
public sealed record RetainingLoss(IFineTuningLoss Method) : IFineTuningLoss
{
    /// <summary>The weight, at least 0; 1 by default.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The erasure projection through which the student reads, <c>P [D, D]</c>; null where there is none.</summary>
    public Tensor? Projection { get; init; }

    /// <inheritdoc/>
    public StepLoss Compute(UNetGraph unet, TrainingSample sample)
    {
        ArgumentNullException.ThrowIfNull(unet);
        ArgumentNullException.ThrowIfNull(sample);
        Tensor latents = sample.Retained ?? throw new ArgumentException("A trajectory of a retained text is needed.", nameof(sample));
        Tensor text = sample.RetainedText ?? throw new ArgumentException("A retained text is needed.", nameof(sample));
        StepLoss own = Method.Compute(unet, sample);
        Tensor held = unet.Teacher(latents, sample.RetainedTimestep, text);
        Tensor retain = Distances.Mean(unet.Student(latents, sample.RetainedTimestep, Projection is null ? text : matmul(text, Projection.t())), held).mean();
        return own with { Retain = retain, Total = own.Total + Weight * retain };
    }
}
