using System.Collections.Immutable;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Generation;

/// <summary>What to draw and how: a request, checked against the model, with every default filled in.</summary>
internal sealed record PictureOrder
{
    public required string Prompt { get; init; }

    /// <summary>The text in the null condition's place; empty for none.</summary>
    public required string NegativePrompt { get; init; }

    public required SafetyPolicy Policy { get; init; }

    /// <summary>The first picture's seed; picture <c>i</c> has <c>Seed + i</c>.</summary>
    public required long Seed { get; init; }

    public required int Count { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>The shape of one picture's latents.</summary>
    public required LatentShape Shape { get; init; }

    /// <summary>The scheduler's timesteps.</summary>
    public required DdimPlan Plan { get; init; }

    public required float GuidanceScale { get; init; }

    public required float Eta { get; init; }

    /// <summary>Where the pictures start.</summary>
    public required PictureStart Start { get; init; }

    public bool KeepLatents { get; init; }

    public int PreviewEvery { get; init; }

    public int HeatMapEvery { get; init; }

    public bool KeepSpecialTokens { get; init; }

    /// <summary>The timesteps of the steps that are taken.</summary>
    public ImmutableArray<int> Timesteps => Plan.Timesteps[Start.FirstStep..];
}
