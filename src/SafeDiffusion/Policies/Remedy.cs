using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Policies;

/// <summary>What to do with a finished picture.</summary>
public enum RemedialAction
{
    /// <summary>Say so in the report, and give the picture as it is.</summary>
    Flag,

    /// <summary>Give it blurred beyond recognition.</summary>
    Blur,

    /// <summary>Give a plain gray picture instead.</summary>
    Withhold,

    /// <summary>Draw it again from another seed.</summary>
    Regenerate,
}

/// <summary>
/// What to do where a finished picture still shows a concept: where a protection that detects found it in the last fifth of the steps,
/// or one of the pipeline's checkers flags the picture.
/// </summary>
public sealed record Remedy
{
    /// <summary>The most attempts that a policy can ask for.</summary>
    public const int MaxAttempts = 100;

    /// <summary>What to do.</summary>
    [JsonRequired]
    public RemedialAction Action { get; init; }

    /// <summary>With <see cref="RemedialAction.Regenerate"/>: how often to draw again at most, 1 to 100; 2 by default.</summary>
    [JsonRange("""{ "minimum": 1, "maximum": 100 }""")]
    public int Attempts { get; init; } = 2;

    /// <summary>With <see cref="RemedialAction.Regenerate"/>: what to do when the last attempt shows it as well; withhold by default.</summary>
    [JsonRange("""{ "not": { "const": "regenerate" } }""")]
    public RemedialAction Then { get; init; } = RemedialAction.Withhold;

    /// <summary>What is on, in a line for people.</summary>
    public string Describe() => Action == RemedialAction.Regenerate
        ? $"when still detected: draw again up to {Attempts} times, then {Name(Then)}"
        : $"when still detected: {Name(Action)}";

    internal void Validate(FieldCheck check)
    {
        check.Require(Enum.IsDefined(Action), nameof(Action), "must be flag, blur, withhold or regenerate.");
        check.RequireRange(Attempts, 1, MaxAttempts, nameof(Attempts));
        check.Require(Enum.IsDefined(Then) && Then != RemedialAction.Regenerate, nameof(Then), "must be flag, blur or withhold.");
    }

    private static string Name(RemedialAction action) => action.ToString().ToLowerInvariant();
}
