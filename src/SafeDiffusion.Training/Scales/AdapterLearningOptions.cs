using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Training.Scales;

/// <summary>What an adapter is learned from, and how.</summary>
public sealed record AdapterLearningOptions
{
    /// <summary>The most scales of a grid.</summary>
    public const int MaxScales = 32;

    /// <summary>The concepts and their prompts.</summary>
    public required IReadOnlyList<ScaleConcept> Concepts { get; init; }

    /// <summary>The settings that concepts are inhibited with; the adapter answers for these alone.</summary>
    public GrowthInhibitorPreset Preset { get; init; } = GrowthInhibitorPreset.Published;

    /// <summary>The suppression scales at which prompts are drawn, from 0 up, at least two.</summary>
    public ImmutableArray<float> Scales { get; init; } = [0, 1, 2, 3, 5, 7, 10];

    /// <summary>Pictures of each prompt, each from a seed of its own, at least 1.</summary>
    public int Seeds { get; init; } = 4;

    /// <summary>The first seed; further pictures count up. Also decides which prompts are held out, and how the network begins.</summary>
    public long Seed { get; init; }

    /// <summary>Denoising steps; the first of them is what is read.</summary>
    public int Steps { get; init; } = GenerationRequest.DefaultSteps;

    /// <summary>The guidance scale of the pictures that are judged, at least 1.</summary>
    public float GuidanceScale { get; init; } = GenerationRequest.DefaultGuidanceScale;

    /// <summary>The share of the prompts that is only measured on, above 0 and at most 0.5.</summary>
    public double HeldOut { get; init; } = 0.25;

    /// <summary>
    /// What is aimed at where nothing is to be inhibited, at most 0: below 0 an adapter says nothing. 0, the paper's, is hardly ever met
    /// exactly; the lower it is the more harmless pictures are left alone, and the more pictures with the concept.
    /// </summary>
    public double HarmlessTarget { get; init; }

    /// <summary>Steps of Adam, each over all pictures that are learned from, at least 1; 2000 as in the paper.</summary>
    public int Epochs { get; init; } = 2000;

    /// <summary>Adam's learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the model is run.</summary>
    public PipelineOptions Pipeline { get; init; } = new();

    /// <exception cref="InvalidRequestException">An option is out of range.</exception>
    internal void Require()
    {
        FieldCheck check = FieldCheck.OfRequest("");
        check.Require(Concepts is { Count: > 0 }, "concepts", "are missing: there is nothing to learn from.");
        check.Require(Enum.IsDefined(Preset), "preset", "must be published or contrasting.");
        check.Require(!Scales.IsDefault && Scales.Length is >= 2 and <= MaxScales, "scales", $"must be 2 to {MaxScales} numbers.");
        check.Require(Scales[0] == 0, "scales", "must begin with 0, the picture that nothing protects.");
        check.Require(Scales.All(float.IsFinite) && Scales.Zip(Scales.Skip(1)).All(pair => pair.First < pair.Second), "scales", "must be finite numbers, each above the one before.");
        check.Require(Seeds is >= 1 and <= GenerationRequest.MaxCount, "seeds", $"must be 1 to {GenerationRequest.MaxCount}, and are {Seeds}.");
        check.Require(float.IsFinite(GuidanceScale) && GuidanceScale >= 1, "guidance", $"must be at least 1, and is {GuidanceScale}.");
        check.Require(HeldOut is > 0 and <= 0.5, "held-out", $"must be above 0 and at most 0.5, and is {HeldOut}.");
        check.Require(HarmlessTarget <= 0 && double.IsFinite(HarmlessTarget), "harmless-target", $"must be at most 0, and is {HarmlessTarget}.");
        check.Require(Epochs >= 1, "epochs", $"must be at least 1, and are {Epochs}.");
        check.RequirePositive(LearningRate, "learning-rate");
        check.Require(Concepts.Sum(concept => concept.Prompts.Length) >= 2, "concepts", "hold fewer than two prompts with a concept: one to learn from and one to measure on are needed.");
        check.Require(Concepts.Sum(concept => concept.HarmlessPrompts.Length) >= 2, "concepts", "hold fewer than two prompts without a concept: one to learn from and one to measure on are needed.");
    }
}
