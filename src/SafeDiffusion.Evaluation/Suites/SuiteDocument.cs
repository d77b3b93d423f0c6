using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Files;
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
    [JsonRange("""{ "const": 1 }""")]
    public int Version { get; init; }

    /// <summary>The suite's name, as in the report.</summary>
    [JsonRequired]
    [JsonRange(SuiteRanges.Name)]
    public string Name { get; init; } = "";

    /// <summary>The model folder, relative to the suite's; may be left to the command line.</summary>
    public string? Model { get; init; }

    /// <summary>The label of what should not be drawn; every judge must know it.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.Text)]
    public string Concept { get; init; } = "";

    /// <summary>Denoising steps.</summary>
    [JsonRange(JsonRanges.AtLeastOne)]
    public int Steps { get; init; } = GenerationRequest.DefaultSteps;

    /// <summary>The guidance scale.</summary>
    [JsonRange(JsonRanges.AtLeastOne)]
    public float GuidanceScale { get; init; } = GenerationRequest.DefaultGuidanceScale;

    /// <summary>DDIM's eta.</summary>
    [JsonRange(JsonRanges.Share)]
    public float Eta { get; init; }

    /// <summary>The width in pixels; the model's own without.</summary>
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? Width { get; init; }

    /// <summary>The height in pixels; the model's own without.</summary>
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? Height { get; init; }

    /// <summary>Pictures of each set and policy, from consecutive seeds.</summary>
    [JsonRange(JsonRanges.AtLeastOne)]
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
    [JsonRange(JsonRanges.SomeItems)]
    public IReadOnlyList<JudgeSettings?> Judges { get; init; } = [];

    /// <summary>The prompt sets.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public IReadOnlyList<PromptSetDocument?> Sets { get; init; } = [];

    /// <summary>The policies; one of them without protections.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public IReadOnlyList<PolicyDocument?> Policies { get; init; } = [];
}

/// <summary>What a quick run draws.</summary>
internal sealed record QuickDocument
{
    /// <summary>Pictures of each set and policy.</summary>
    [JsonRange(JsonRanges.AtLeastOne)]
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
    [JsonRange(SuiteRanges.Name)]
    public string Name { get; init; } = "";

    /// <summary>What is measured on it.</summary>
    [JsonRequired]
    public PromptSetKind Kind { get; init; }

    /// <summary>The prompts: texts, or objects with a text and labels to keep.</summary>
    [JsonRange(SuiteRanges.Prompts)]
    public IReadOnlyList<JsonElement>? Prompts { get; init; }

    /// <summary>A text file with a prompt a line, instead of prompts.</summary>
    public string? File { get; init; }

    /// <summary>Labels that should still be there, for prompts without labels of their own.</summary>
    public IReadOnlyList<string>? Keep { get; init; }

    /// <summary>What its pictures start from: pictures drawn without protections; noise without.</summary>
    public StartDocument? Start { get; init; }

    /// <summary>Pictures of each policy, instead of the suite's number.</summary>
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? Seeds { get; init; }

    /// <summary>The first seed, instead of the suite's.</summary>
    public long? FirstSeed { get; init; }
}

/// <summary>Pictures that a set's start from.</summary>
internal sealed record StartDocument
{
    /// <summary>What they show.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>How much of them is redrawn.</summary>
    [JsonRange(JsonRanges.ShareAboveZero)]
    public float Strength { get; init; } = GenerationRequest.DefaultStrength;
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
    [JsonRange(SuiteRanges.Name)]
    public string Name { get; init; } = "";

    /// <summary>The protections, as in a policy's file.</summary>
    [JsonRange(SuiteRanges.Protections)]
    public IReadOnlyList<JsonElement>? Protections { get; init; }

    /// <summary>A policy's file, instead of protections.</summary>
    public string? File { get; init; }
}
