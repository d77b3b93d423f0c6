using static TorchSharp.torch;

namespace SafeDiffusion.FineTuning.Losses;

/// <summary>The losses of one step, single numbers on the tape.</summary>
/// <param name="Erase">What erases the concept.</param>
/// <param name="Preserve">What holds the rest, before its weight.</param>
/// <param name="Total">Their weighted sum, which is trained on.</param>
public sealed record StepLoss(Tensor Erase, Tensor Preserve, Tensor Total)
{
    /// <summary>What holds the texts that are to stay as they are, before its weight; null where there are none.</summary>
    public Tensor? Retain { get; init; }
}

/// <summary>What a step is trained on.</summary>
/// <param name="Latents">Latents of the original model's trajectory, <c>[B, C, H, W]</c>.</param>
/// <param name="Timestep">Their timestep.</param>
/// <param name="Concept">The text states of the prompt with the concept, <c>[1, N, D]</c>.</param>
/// <param name="Null">Those of the empty text.</param>
public sealed record TrainingSample(Tensor Latents, long Timestep, Tensor Concept, Tensor Null)
{
    /// <summary>Each token's factor where the concept's words are scaled down, <c>[1, N]</c>, where the method's signal is implicit.</summary>
    public Tensor? TokenScale { get; init; }

    /// <summary>The text states of the safe counterpart, where the method has one.</summary>
    public Tensor? Safe { get; init; }

    /// <summary>Latents of an unconditional trajectory, where the method holds those.</summary>
    public Tensor? Unconditional { get; init; }

    /// <summary>Their timestep.</summary>
    public long UnconditionalTimestep { get; init; }

    /// <summary>Latents of a trajectory whose text is to stay as it is, where there is one.</summary>
    public Tensor? Retained { get; init; }

    /// <summary>Their timestep.</summary>
    public long RetainedTimestep { get; init; }

    /// <summary>The text's states, <c>[1, N, D]</c>.</summary>
    public Tensor? RetainedText { get; init; }
}

/// <summary>A method of fine-tuning: its loss.</summary>
public interface IFineTuningLoss
{
    /// <summary>Computes the losses of a step.</summary>
    StepLoss Compute(UNetGraph unet, TrainingSample sample);
}
