using System.Text.Json.Serialization;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Composing.Replacing;

/// <summary>A thing that might be drawn in the concept's place.</summary>
/// <param name="Thing">The thing, in bare words.</param>
/// <param name="Distance">
/// How far it is from the concept, its other names and the near misses: the least of one minus the cosine between the means of the texts'
/// token states, 0 to 2.
/// </param>
public sealed record InsteadOption(string Thing, double Distance)
{
    /// <summary>How often the model draws it well, alone and beside what is to be kept: all that was asked for is found, the picture is clean, and the concept is not in it. Null where that was not tried.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Measurement? DrawnWell { get; init; }
}

/// <summary>What is drawn in the concept's place, and why.</summary>
/// <param name="Thing">The thing as prompts say it; null where there is none, and what needs it was not composed.</param>
/// <param name="IsGiven">Whether it was given, and not chosen.</param>
/// <param name="Considered">What was looked at, the farthest first.</param>
public sealed record InsteadChoice(string? Thing, bool IsGiven, IReadOnlyList<InsteadOption> Considered);
