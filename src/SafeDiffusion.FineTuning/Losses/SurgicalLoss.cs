using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>An instruction of the erasing signal.</summary>
/// <param name="Text">The text states of what is led away from, or to, <c>[1, N, D]</c>.</param>
/// <param name="Scale">g: negative leads away, positive towards.</param>
public sealed record SignalInstruction(Tensor Text, double Scale);

/// <summary>
/// The fine-tuning of All but One (arXiv:2312.12807): the student's guidance term becomes the original's plus the erasing signal, while
/// its unconditional prediction is held. The target is teacher guidance plus δ, as in the paper's Algorithm 1; its Eq. 13 prints the other sign.
/// </summary>
/// <param name="Instructions">What the explicit signal is made of; none where <see cref="ImplicitScale"/> is given.</param>
public sealed record SurgicalLoss(IReadOnlyList<SignalInstruction> Instructions) : IFineTuningLoss
{
    /// <summary>
    /// The implicit signal in the explicit one's place: this times <c>ε(z, c) - ε'(z, c)</c>, where ε' has the attention of the concept's words
    /// scaled down (<see cref="TrainingSample.TokenScale"/>); the paper's <c>ε' - ε</c> is -1. Null for the explicit signal.
    /// </summary>
    public double? ImplicitScale { get; init; }

    /// <summary>γ1 and γ2, the guidance scale, above 0; 7.5 by default.</summary>
    public double Scale { get; init; } = 7.5;

    /// <summary>λ, the weight of the unconditional prediction's preservation, at least 0; 5 by default.</summary>
    public double PreservationWeight { get; init; } = 5;

    /// <summary>κ: the signal acts where a direction is at or above this quantile of its magnitudes, per channel; 0.95 by default.</summary>
    public double Quantile { get; init; } = 0.95;

    /// <summary>The timestep from which on the signal acts, as a share of all; 0.35 by default.</summary>
    public double WindowStart { get; init; } = 0.35;

    /// <summary>Timesteps that the model was trained with.</summary>
    public int TrainingTimesteps { get; init; } = 1000;

    /// <inheritdoc/>
    public StepLoss Compute(UNetGraph unet, TrainingSample sample)
    {
        ArgumentNullException.ThrowIfNull(unet);
        ArgumentNullException.ThrowIfNull(sample);
        Tensor teacherNull = unet.Teacher(sample.Latents, sample.Timestep, sample.Null);
        Tensor teacher = unet.Teacher(sample.Latents, sample.Timestep, sample.Concept);
        Tensor target = Scale * (teacher - teacherNull) + Signal(unet, sample, teacherNull, teacher);
        Tensor student = unet.Student(sample.Latents, sample.Timestep, sample.Concept);
        Tensor studentNull = unet.Student(sample.Latents, sample.Timestep, sample.Null);
        Tensor erase = Distances.Mean(Scale * (student - studentNull.detach()), target).mean();
        Tensor preserve = Distances.Mean(studentNull, teacherNull).mean();
        return new StepLoss(erase, preserve, erase + PreservationWeight * preserve);
    }

    private Tensor Signal(UNetGraph unet, TrainingSample sample, Tensor teacherNull, Tensor teacher)
    {
        Tensor signal = zeros_like(teacherNull);
        if (sample.Timestep < Math.Floor(WindowStart * TrainingTimesteps)) return signal;
        if (ImplicitScale is { } scale)
        {
            Tensor factors = sample.TokenScale ?? throw new ArgumentException("The factors of the prompt's tokens are needed.", nameof(sample));
            return scale * (teacher - unet.TeacherReweighted(sample.Latents, sample.Timestep, sample.Concept, factors));
        }
        foreach (SignalInstruction instruction in Instructions)
        {
            Tensor direction = unet.Teacher(sample.Latents, sample.Timestep, instruction.Text) - teacherNull;
            Tensor magnitude = direction.abs();
            signal = signal + where(magnitude >= Threshold(magnitude), instruction.Scale * direction, zeros_like(direction));
        }
        return signal;
    }

    /// <summary>The quantile of each sample and channel over its pixels, between two neighbours in proportion, <c>[B, C, 1, 1]</c>.</summary>
    private Tensor Threshold(Tensor magnitude)
    {
        (Tensor sorted, _) = magnitude.flatten(2).sort(-1);
        double place = Quantile * (sorted.shape[2] - 1);
        long below = (long)Math.Floor(place);
        Tensor low = sorted.select(2, below);
        Tensor high = sorted.select(2, Math.Min(below + 1, sorted.shape[2] - 1));
        return (low + (place - below) * (high - low)).unsqueeze(-1).unsqueeze(-1);
    }
}
