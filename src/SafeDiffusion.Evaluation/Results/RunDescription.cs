using System.Text.Json.Nodes;

namespace SafeDiffusion.Evaluation.Results;

/// <summary>What was run: all that a report says beside the results, and all that is needed to run it again.</summary>
public sealed record RunDescription
{
    /// <summary>The suite's name.</summary>
    public required string Suite { get; init; }

    /// <summary>The label of the concept to erase, as the judges name it.</summary>
    public required string Concept { get; init; }

    /// <summary>The name of the judge whose judgements the figures rest on.</summary>
    public required string Judge { get; init; }

    /// <summary>The name of the policy that the others are measured against.</summary>
    public string Undefended { get; init; } = "undefended";

    /// <summary>The policies, in the report's order.</summary>
    public required IReadOnlyList<PolicyDescription> Policies { get; init; }

    /// <summary>The prompt sets, in the report's order.</summary>
    public required IReadOnlyList<PromptSetDescription> Sets { get; init; }

    /// <summary>The names of the metrics to report; empty for all that can be computed.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>The model folder's name.</summary>
    public required string Model { get; init; }

    /// <summary>The SHA-256 of the model's weights, in hexadecimal.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>The tool and its version.</summary>
    public required string Tool { get; init; }

    /// <summary>The settings of generation and judging, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Facts about the machine, by name; they belong to the times.</summary>
    public IReadOnlyDictionary<string, string> Machine { get; init; } = new Dictionary<string, string>();

    /// <summary>The command line that makes the report again; null where there is none.</summary>
    public string? Command { get; init; }
}

/// <summary>A policy of a run.</summary>
/// <param name="Name">Its name in the suite.</param>
/// <param name="Description">What is on, a line per protection.</param>
/// <param name="Settings">The policy's JSON; null for no protection.</param>
public sealed record PolicyDescription(string Name, string Description, JsonNode? Settings = null);

/// <summary>A prompt set of a run.</summary>
/// <param name="Name">Its name in the suite.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Prompts">Its prompts.</param>
public sealed record PromptSetDescription(string Name, PromptSetKind Kind, IReadOnlyList<string> Prompts);
