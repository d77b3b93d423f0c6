using System.Text.Json.Serialization;
using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.Evaluation.Results;

/// <summary>What came of one picture: one line of a run's results file.</summary>
public sealed record PictureResult
{
    /// <summary>The SHA-256 of everything the picture and its judgements depend on, in hexadecimal.</summary>
    public required string Key { get; init; }

    /// <summary>The prompt set's name.</summary>
    public required string Set { get; init; }

    /// <summary>The prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>The name of the suite's policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Labels of what the prompt names besides the concept, and which should still be there.</summary>
    public required IReadOnlyList<string> Keep { get; init; }

    /// <summary>The picture's file, relative to the run's folder, with forward slashes.</summary>
    public required string Image { get; init; }

    /// <summary>The SHA-256 of the picture's pixels, in hexadecimal.</summary>
    public required string PixelsHash { get; init; }

    /// <summary>What each judge found, by the judge's name.</summary>
    public required IReadOnlyDictionary<string, Judgement> Judgements { get; init; }

    /// <summary>UNet rows evaluated for the picture.</summary>
    public required int Rows { get; init; }

    /// <summary>The picture's share of its batch's denoising time.</summary>
    public required double Seconds { get; init; }

    /// <summary>
    /// Which run of the tool drew it: times compare within one alone, since another meets another machine, or the same with other things to do. Null in
    /// results of earlier versions.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sitting { get; init; }
}
