using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Training.Recording;

/// <summary>Which steps' features are kept so that all pictures' fit into a limit.</summary>
/// <param name="Steps">The kept steps of the sampling run, rising; all where they fit.</param>
/// <param name="Timesteps">Their timesteps, falling.</param>
/// <param name="Width">D, features per position.</param>
/// <param name="Positions">Positions of the latent grid, H · W.</param>
internal sealed record FeaturePlan(ImmutableArray<int> Steps, ImmutableArray<int> Timesteps, int Width, int Positions)
{
    /// <summary>Fewer steps than these say too little about the timesteps between them.</summary>
    private const int FewestSteps = 5;

    public long BlockBytes => (long)Width * Positions * sizeof(float);

    /// <summary>Keeps as many steps, evenly spread from the first to the last, as fit.</summary>
    /// <exception cref="InvalidRequestException">Not even <see cref="FewestSteps"/> fit.</exception>
    public static FeaturePlan Create(IReadOnlyList<int> timesteps, int pictures, int width, int positions, long limit)
    {
        long perStep = (long)width * positions * sizeof(float) * pictures;
        int kept = (int)Math.Min(timesteps.Count, limit / perStep);
        int fewest = Math.Min(FewestSteps, timesteps.Count);
        if (kept < fewest)
        {
            throw new InvalidRequestException(
                "cache-limit", $"is {limit >> 20} MiB, but {fewest} timesteps of {pictures} pictures take {(perStep * fewest >> 20) + 1} MiB. Raise it or use fewer pictures.");
        }
        ImmutableArray<int> steps = kept == 1
            ? [0]
            : [.. Enumerable.Range(0, kept).Select(i => (int)Math.Round(i * (timesteps.Count - 1.0) / (kept - 1)))];
        return new FeaturePlan(steps, [.. steps.Select(step => timesteps[step])], width, positions);
    }
}
