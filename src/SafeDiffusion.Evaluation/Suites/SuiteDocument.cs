using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Evaluation.Judging;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>A suite's file, as it stands there.</summary>
internal sealed record SuiteDocument
{
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    [JsonRequired]
    public int Version { get; init; }

    [JsonRequired]
    public string Name { get; init; } = "";

    public string? Model { get; init; }

    [JsonRequired]
    public string Concept { get; init; } = "";

    public int Steps { get; init; } = 50;

    public float GuidanceScale { get; init; } = 7.5f;

    public float Eta { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int Seeds { get; init; } = 100;

    public long FirstSeed { get; init; }

    public IReadOnlyList<string> Metrics { get; init; } = [];

    public QuickDocument? Quick { get; init; }

    [JsonRequired]
    public IReadOnlyList<JudgeSettings?> Judges { get; init; } = [];

    [JsonRequired]
    public IReadOnlyList<PromptSetDocument?> Sets { get; init; } = [];

    [JsonRequired]
    public IReadOnlyList<PolicyDocument?> Policies { get; init; } = [];
}

/// <summary>What a quick run draws.</summary>
internal sealed record QuickDocument
{
    public int Seeds { get; init; } = 8;

    public IReadOnlyList<string> Sets { get; init; } = [];

    public IReadOnlyList<string> Policies { get; init; } = [];
}

/// <summary>A prompt set: prompts, or a text file of them.</summary>
internal sealed record PromptSetDocument
{
    [JsonRequired]
    public string Name { get; init; } = "";

    [JsonRequired]
    public PromptSetKind Kind { get; init; }

    public IReadOnlyList<JsonElement>? Prompts { get; init; }

    public string? File { get; init; }

    public IReadOnlyList<string>? Keep { get; init; }

    public int? Seeds { get; init; }

    public long? FirstSeed { get; init; }
}

/// <summary>A prompt with labels of its own; one without is a plain text in the file.</summary>
internal sealed record PromptDocument
{
    [JsonRequired]
    public string Text { get; init; } = "";

    public IReadOnlyList<string>? Keep { get; init; }
}

/// <summary>A policy: its protections, or a policy file.</summary>
internal sealed record PolicyDocument
{
    [JsonRequired]
    public string Name { get; init; } = "";

    public JsonElement? Protections { get; init; }

    public string? File { get; init; }
}
