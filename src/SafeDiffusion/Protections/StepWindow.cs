using System.Text.Json.Serialization;

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

    /// <summary>Whether a step lies inside.</summary>
    public bool Contains(int step) => step >= Start && step < End;

    /// <inheritdoc/>
    public override string ToString() => End == int.MaxValue ? $"steps {Start} on" : $"steps {Start} to {End - 1}";
}
