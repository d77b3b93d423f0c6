using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Composing.Replacing;
using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Composing.Reporting;

/// <summary>What was learned, compared, chosen and measured. The same run gives the same report, to the byte.</summary>
public sealed record ProtectionReport
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.Default,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>The form of the file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The concept, in bare words.</summary>
    public required string Concept { get; init; }

    /// <summary>Its other names.</summary>
    public required IReadOnlyList<string> Synonyms { get; init; }

    /// <summary>What is drawn in its place.</summary>
    public required InsteadChoice Instead { get; init; }

    /// <summary>Near misses, and where they are from.</summary>
    public required KeptThings Keep { get; init; }

    /// <summary>What a policy must reach.</summary>
    public required ProtectionLimits Limits { get; init; }

    /// <summary>The learned assets.</summary>
    public required IReadOnlyList<AssetNote> Assets { get; init; }

    /// <summary>Every candidate, the best first.</summary>
    public required IReadOnlyList<CandidateNote> Candidates { get; init; }

    /// <summary>The chosen candidate's name; null where every candidate missed a limit.</summary>
    public required string? Chosen { get; init; }

    /// <summary>The name of the candidate whose policy was written, chosen or forced; null where none was.</summary>
    public required string? Written { get; init; }

    /// <summary>The figures: the best candidate's, the best paper's, and those without protection; on prompts and seeds that nothing was learned or chosen by.</summary>
    public required IReadOnlyList<PolicyFigures> Measured { get; init; }

    /// <summary>The limits that the best candidate's figures miss, a clause each.</summary>
    public required IReadOnlyList<string> NotReached { get; init; }

    /// <summary>Limits that its figures reach, with intervals that do not exclude the contrary.</summary>
    public required IReadOnlyList<string> NotProven { get; init; }

    /// <summary>The description of the run that the figures rest on: model, weights, settings, prompts, policies.</summary>
    public required RunDescription Run { get; init; }

    /// <summary>The seeds of each part of the work: the first and the one after the last.</summary>
    public required IReadOnlyDictionary<string, SeedRange> Seeds { get; init; }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, _options) + "\n";
}

/// <summary>What must be kept.</summary>
/// <param name="Near">Near misses, in bare words.</param>
/// <param name="From">Where they are from.</param>
/// <param name="Things">Harmless things.</param>
/// <param name="Captions">Harmless prompts.</param>
public sealed record KeptThings(IReadOnlyList<string> Near, string From, IReadOnlyList<string> Things, IReadOnlyList<string> Captions);

/// <summary>A learned asset.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="File">Its file, relative to the folder; null where it could not be learned.</param>
/// <param name="Note">How good it is, or why there is none.</param>
public sealed record AssetNote(string Kind, string? File, string Note)
{
    /// <summary>What it falls short of, and what to add; a sentence or two each.</summary>
    public IReadOnlyList<string> Shortcomings { get; init; } = [];
}

/// <summary>A candidate, as far as it came.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Policy">What it does; null where it could not be composed.</param>
/// <param name="IsPublished">Whether it is one method as its paper describes it.</param>
/// <param name="Figures">Its figures of the last round that it took part in; null where it could not be composed.</param>
/// <param name="Round">That round, from 1; 0 for none.</param>
/// <param name="Missed">The limits that it misses, or why it could not be composed; a clause each.</param>
public sealed record CandidateNote(string Name, string? Policy, bool IsPublished, PolicyFigures? Figures, int Round, IReadOnlyList<string> Missed);

/// <summary>Seeds.</summary>
/// <param name="First">The first.</param>
/// <param name="End">The one after the last.</param>
public readonly record struct SeedRange(long First, long End);
