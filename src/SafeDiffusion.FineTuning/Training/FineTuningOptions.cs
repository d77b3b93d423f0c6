using SafeDiffusion.Core.Errors;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.FineTuning.Optimizing;
using SafeDiffusion.FineTuning.Parameters;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Which method fine-tunes.</summary>
public enum FineTuningMethod
{
    /// <summary>TRCE's second stage: trajectories of the concept are steered to those of the safe texts.</summary>
    Trce,

    /// <summary>All but One: the guidance term takes the explicit erasing signal in.</summary>
    Sce,

    /// <summary>ESD: the prediction for the concept is guided away from it.</summary>
    Esd,
}

/// <summary>How a UNet is fine-tuned.</summary>
public sealed record FineTuningOptions
{
    /// <summary>The method.</summary>
    public required FineTuningMethod Method { get; init; }

    /// <summary>The concept in words, which the delta is named by.</summary>
    public required string Concept { get; init; }

    /// <summary>Prompts with the concept, at least one; what is reported on must not be among them.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>The safe counterpart of each prompt, for TRCE; one for all, or as many as prompts.</summary>
    public IReadOnlyList<string> SafePrompts { get; init; } = [];

    /// <summary>The instructions of SCE's signal: a text, and g, negative to lead away from it; the concept at -7.5 where none is given.</summary>
    public IReadOnlyList<(string Text, double Scale)> Instructions { get; init; } = [];

    /// <summary>
    /// The words of SCE's implicit signal, which takes the explicit one's place: in each prompt the attention of those that it says is
    /// multiplied by <see cref="TokenFactor"/>. Every prompt must say one. None, the default, for the explicit signal.
    /// </summary>
    public IReadOnlyList<string> ImplicitWords { get; init; } = [];

    /// <summary>What the implicit signal multiplies the words' attention by, from 0 below 1; 0 by default.</summary>
    public double TokenFactor { get; init; }

    /// <summary>The scale of the implicit signal, below 0 to lead away; -1 by default, the paper's.</summary>
    public double ImplicitScale { get; init; } = -1;

    /// <summary>The weights to train; each method's own where null: the visual ones for TRCE, the output projections for SCE, cross-attention for ESD.</summary>
    public TrainedWeights? Weights { get; init; }

    /// <summary>The optimiser; TRCE trains at 1e-6 in its paper, SCE and ESD at 1e-5.</summary>
    public AdamWSettings Optimizer { get; init; } = new();

    /// <summary>Updates, at least 1; 200 by default.</summary>
    public int Updates { get; init; } = 200;

    /// <summary>Trajectories that latents are taken from, at least 1; 100 by default.</summary>
    public int Trajectories { get; init; } = 100;

    /// <summary>Latents of each update, at least 1; 1 by default.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>DDIM steps of a trajectory; 50 by default.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>The guidance scale that trajectories are sampled at; 7.5 by default.</summary>
    public float GuidanceScale { get; init; } = 7.5f;

    /// <summary>The weight of what is held; the method's own where null (100 for TRCE, 5 for SCE; ESD holds nothing).</summary>
    public double? PreservationWeight { get; init; }

    /// <summary>The scale of the method: β for TRCE (15), γ for SCE (7.5), η for ESD (1); its own where null.</summary>
    public double? Scale { get; init; }

    /// <summary>Texts whose predictions are to stay as they are, near misses of the concept above all; none by default.</summary>
    public IReadOnlyList<string> RetainedPrompts { get; init; } = [];

    /// <summary>The weight of those texts, at least 0; 1 by default.</summary>
    public double RetentionWeight { get; init; } = 1;

    /// <summary>How many of those texts each update holds, at one timestep, at least 1; 4 by default.</summary>
    public int RetainedBatch { get; init; } = 4;

    /// <summary>Whether the learning rate falls to 0 over the run, in a line; false by default, as in the papers.</summary>
    public bool RateFalls { get; init; }

    /// <summary>The margin of TRCE's triplet, at least 0; 0.01 by default.</summary>
    public double Margin { get; init; } = 0.01;

    /// <summary>
    /// The share of a trajectory's steps, from the noisiest, that erasing is trained on, above 0 to 1; the method's own where null (0.5 for
    /// TRCE, 1 for SCE and ESD). Less helps where a model settles what it draws in its first steps.
    /// </summary>
    public double? ErasingShare { get; init; }

    /// <summary>κ of SCE's explicit signal, from 0 below 1: the share of the values that it leaves as they are; 0.95 by default.</summary>
    public double Quantile { get; init; } = 0.95;

    /// <summary>The timestep from which on SCE's signal acts, as a share of all, from 0 below 1; 0.35 by default.</summary>
    public double WindowStart { get; init; } = 0.35;

    /// <summary>
    /// In how many pieces of the UNet activations are computed again for the gradient, at least 1; null, the default, keeps them all. For
    /// large pictures, where memory does not suffice.
    /// </summary>
    public int? RecomputedPieces { get; init; }

    /// <summary>What computes losses and gradients; the CPU by default. Trajectories are sampled on the CPU.</summary>
    public AutogradDevice Device { get; init; }

    /// <summary>Sheets of pictures to draw during the run; null for none.</summary>
    public SheetOptions? Sheets { get; init; }

    /// <summary>How the result is stored; whole weights in single precision by default.</summary>
    public DeltaForm Form { get; init; } = new();

    /// <summary>The seed of everything random.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The file that the run can be resumed from; null for none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>After how many updates the checkpoint is written, at least 1; 50 by default.</summary>
    public int CheckpointEvery { get; init; } = 50;

    /// <summary>The most memory of all trajectories' latents together, in bytes; 1 GiB by default.</summary>
    public long MaxTrajectoryBytes { get; init; } = 1L << 30;

    /// <summary>The weights that are trained.</summary>
    public TrainedWeights EffectiveWeights => Weights ?? Method switch
    {
        FineTuningMethod.Trce => TrainedWeights.Visual,
        FineTuningMethod.Sce => TrainedWeights.Outputs,
        _ => TrainedWeights.CrossAttention,
    };

    internal double EffectiveErasingShare => ErasingShare ?? (Method == FineTuningMethod.Trce ? 0.5 : 1);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InvalidRequestException">A setting is out of range.</exception>
    public void Validate()
    {
        FieldCheck check = FieldCheck.OfRequest("");
        check.RequireText(Concept, nameof(Concept));
        check.RequireAtLeast(Prompts.Count, 1, nameof(Prompts));
        if (Method == FineTuningMethod.Trce)
            check.Require(SafePrompts.Count == 1 || SafePrompts.Count == Prompts.Count, nameof(SafePrompts), $"must be one, or one for each of the {Prompts.Count} prompts, and are {SafePrompts.Count}.");
        check.Require(EffectiveWeights != TrainedWeights.None, nameof(Weights), "name no weights.");
        check.RequireAtLeast(Updates, 1, nameof(Updates));
        check.RequireAtLeast(Trajectories, 1, nameof(Trajectories));
        check.RequireAtLeast(Batch, 1, nameof(Batch));
        check.RequireAtLeast(Steps, 2, nameof(Steps));
        check.RequireAtLeast(CheckpointEvery, 1, nameof(CheckpointEvery));
        check.RequireAtLeast(RetentionWeight, 0, nameof(RetentionWeight));
        check.RequireAtLeast(RetainedBatch, 1, nameof(RetainedBatch));
        check.RequireAtLeast(Margin, 0, nameof(Margin));
        check.Require(EffectiveErasingShare is > 0 and <= 1, nameof(ErasingShare), $"must be above 0 and at most 1, and is {ErasingShare}.");
        check.Require(Method == FineTuningMethod.Sce || ImplicitWords.Count == 0, nameof(ImplicitWords), "belong to SCE.");
        check.Require(ImplicitWords.Count == 0 || Instructions.Count == 0, nameof(Instructions), "are of the explicit signal; leave them or the implicit words out.");
        check.Require(TokenFactor is >= 0 and < 1, nameof(TokenFactor), $"must be from 0 and below 1, and is {TokenFactor}.");
        check.Require(double.IsFinite(ImplicitScale) && ImplicitScale != 0, nameof(ImplicitScale), $"must be a number other than 0, and is {ImplicitScale}.");
        check.Require(Quantile is >= 0 and < 1, nameof(Quantile), $"must be from 0 and below 1, and is {Quantile}.");
        check.Require(WindowStart is >= 0 and < 1, nameof(WindowStart), $"must be from 0 and below 1, and is {WindowStart}.");
        if (PreservationWeight is { } weight) check.RequireAtLeast(weight, 0, nameof(PreservationWeight));
        if (Scale is { } scale) check.RequirePositive(scale, nameof(Scale));
        Optimizer.Validate();
        if (RecomputedPieces is { } pieces) check.RequireAtLeast(pieces, 1, nameof(RecomputedPieces));
        Form.Validate();
        Sheets?.Validate(check);
    }

    /// <summary>Everything that a checkpoint must agree in with the run that goes on from it.</summary>
    internal string Identity(string model) => string.Join('\n',
        [model, $"{Method} {EffectiveWeights} {Optimizer} {Trajectories} {Batch} {Steps} {GuidanceScale} {PreservationWeight} {Scale} {Seed} {RetentionWeight} {RetainedBatch} {(RateFalls ? Updates : 0)} {Margin} {EffectiveErasingShare} {Quantile} {WindowStart} {TokenFactor} {ImplicitScale}", .. ImplicitWords, "--", .. Prompts, "--", .. SafePrompts, "--", .. RetainedPrompts, "--", .. Instructions.Select(one => $"{one.Scale} {one.Text}")]);
}
