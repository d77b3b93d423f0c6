using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Protections;

/// <summary>A half-open range of steps, <c>start &lt;= step &lt; end</c>, counted from 0 at the noisiest.</summary>
/// <param name="Start">The first step inside.</param>
/// <param name="End">The first step after the window; <see cref="int.MaxValue"/> is never reached.</param>
public readonly record struct StepWindow(int Start, int End)
{
    /// <summary>Every step.</summary>
    [JsonIgnore]
    public static StepWindow Always { get; } = new(0, int.MaxValue);

    /// <summary>From a step on.</summary>
    public static StepWindow From(int start) => new(start, int.MaxValue);

    /// <summary>From a step on, and before another; null for no end.</summary>
    internal static StepWindow Between(int start, int? end) => new(start, end ?? int.MaxValue);

    /// <summary>Checks the settings <c>StartStep</c> and <c>EndStep</c>.</summary>
    internal static void Require(FieldCheck check, int start, int? end)
    {
        check.RequireRange(start, 0, int.MaxValue, "StartStep");
        check.Require(end is null || end > start, "EndStep", $"must be above startStep ({start}), and is {end}.");
    }

    /// <summary>The steps of the first share of all: those whose number is below <paramref name="share"/> times their count.</summary>
    public static StepWindow First(double share, int steps) => new(0, (int)Math.Ceiling(share * steps));

    /// <summary>The steps whose timesteps lie in a range, both ends included.</summary>
    /// <param name="timesteps">The timestep of each step, from the noisiest down.</param>
    /// <param name="lowest">The least noisy timestep inside.</param>
    /// <param name="highest">The noisiest timestep inside.</param>
    public static StepWindow OfTimesteps(ReadOnlySpan<int> timesteps, int lowest, int highest)
    {
        int start = 0;
        while (start < timesteps.Length && timesteps[start] > highest) start++;
        int end = start;
        while (end < timesteps.Length && timesteps[end] >= lowest) end++;
        return new(start, end);
    }

    /// <summary>What of this window lies at a step or after it.</summary>
    public StepWindow StartingAt(int step) => new(Math.Max(Start, step), End);

    /// <summary>How many of so many steps lie inside.</summary>
    public int CountIn(int steps) => Math.Max(0, Math.Min(End, steps) - Start);

    /// <summary>Whether a step lies inside.</summary>
    public bool Contains(int step) => step >= Start && step < End;

    /// <inheritdoc/>
    public override string ToString() => End <= Start ? "no step" : End == int.MaxValue ? $"steps {Start} on" : $"steps {Start} to {End - 1}";
}
