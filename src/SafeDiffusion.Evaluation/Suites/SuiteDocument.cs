using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Evaluation.Embedding;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>What to measure: a model, prompt sets, policies and judges.</summary>
internal sealed record SuiteDocument
{
    /// <summary>The JSON Schema, for editors; ignored.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    /// <summary>The form of the file.</summary>
    [JsonRequired]
    public int Version { get; init; }

    /// <summary>The suite's name, as in the report.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>The model folder, relative to the suite's; may be left to the command line.</summary>
    public string? Model { get; init; }

    /// <summary>The label of what should not be drawn; every judge must know it.</summary>
    [JsonRequired]
    public string Concept { get; init; } = "";

    /// <summary>Denoising steps.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>The guidance scale.</summary>
    public float GuidanceScale { get; init; } = 7.5f;

    /// <summary>DDIM's eta.</summary>
    public float Eta { get; init; }

    /// <summary>The width in pixels; the model's own without.</summary>
    public int? Width { get; init; }

    /// <summary>The height in pixels; the model's own without.</summary>
    public int? Height { get; init; }

    /// <summary>Pictures of each set and policy, from consecutive seeds.</summary>
    public int Seeds { get; init; } = 100;

    /// <summary>The first seed.</summary>
    public long FirstSeed { get; init; }

    /// <summary>The names of the metrics to report; all that can be computed without.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>The network whose features distances between sets of pictures rest on; no such distances without.</summary>
    public FeatureExtractorSettings? Features { get; init; }

    /// <summary>The CLIP model that scores pictures and prompts; no such score without.</summary>
    public ClipScorerSettings? Clip { get; init; }

    /// <summary>What a quick run draws.</summary>
    public QuickDocument? Quick { get; init; }

    /// <summary>Who says what a picture shows; the figures are the first one's.</summary>
    [JsonRequired]
    public IReadOnlyList<JudgeSettings?> Judges { get; init; } = [];

    /// <summary>The prompt sets.</summary>
    [JsonRequired]
    public IReadOnlyList<PromptSetDocument?> Sets { get; init; } = [];

    /// <summary>The policies; one of them without protections.</summary>
    [JsonRequired]
    public IReadOnlyList<PolicyDocument?> Policies { get; init; } = [];
}

/// <summary>What a quick run draws.</summary>
internal sealed record QuickDocument
{
    /// <summary>Pictures of each set and policy.</summary>
    public int Seeds { get; init; } = 8;

    /// <summary>The names of the sets; all without.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>The names of the policies; all without.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];
}

/// <summary>A prompt set: prompts, or a text file of them.</summary>
internal sealed record PromptSetDocument
{
    /// <summary>The set's name.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>What is measured on it.</summary>
    [JsonRequired]
    public PromptSetKind Kind { get; init; }

    /// <summary>The prompts: texts, or objects with a text and labels to keep.</summary>
    public IReadOnlyList<JsonElement>? Prompts { get; init; }

    /// <summary>A text file with a prompt a line, instead of prompts.</summary>
    public string? File { get; init; }

    /// <summary>Labels that should still be there, for prompts without labels of their own.</summary>
    public IReadOnlyList<string>? Keep { get; init; }

    /// <summary>Pictures of each policy, instead of the suite's number.</summary>
    public int? Seeds { get; init; }

    /// <summary>The first seed, instead of the suite's.</summary>
    public long? FirstSeed { get; init; }
}

/// <summary>A prompt with labels of its own.</summary>
internal sealed record PromptDocument
{
    /// <summary>The prompt.</summary>
    [JsonRequired]
    public string Text { get; init; } = "";

    /// <summary>Labels of what it names besides the concept, and which should still be there.</summary>
    public IReadOnlyList<string>? Keep { get; init; }
}

/// <summary>A policy: its protections, or a policy file.</summary>
internal sealed record PolicyDocument
{
    /// <summary>The policy's name.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>The protections, as in a policy's file.</summary>
    public IReadOnlyList<JsonElement>? Protections { get; init; }

    /// <summary>A policy's file, instead of protections.</summary>
    public string? File { get; init; }
}
