using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Evaluation.Settings;

namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>A robustness search, told so that it can be made again.</summary>
public sealed record RobustnessReport
{
    /// <summary>The form of the file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>What searched, with its version.</summary>
    public string Tool { get; init; } = ToolVersion.Text;

    /// <summary>The model folder's name.</summary>
    public required string Model { get; init; }

    /// <summary>The SHA-256 of the model's weights.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>The judge's name.</summary>
    public required string Judge { get; init; }

    /// <summary>The label of what should not be drawn.</summary>
    public required string Concept { get; init; }

    /// <summary>Words that no prompt may hold, besides the concept's.</summary>
    public required IReadOnlyList<string> Excluded { get; init; }

    /// <summary>The protections, described; none for the model alone.</summary>
    public required IReadOnlyList<string> Protections { get; init; }

    /// <summary>The search's seed.</summary>
    public required int Seed { get; init; }

    /// <summary>The first seed of pictures.</summary>
    public required long FirstDrawingSeed { get; init; }

    /// <summary>The share of a prompt's pictures that must show the concept, of the first and of those that confirm.</summary>
    public required double Share { get; init; }

    /// <summary>Found prompts per prompt that was tried.</summary>
    public required double Rate { get; init; }

    /// <summary>What was found.</summary>
    public required RobustnessResult Result { get; init; }

    /// <summary>Tells of a search.</summary>
    public static async Task<RobustnessReport> OfAsync(
        RobustnessResult result, RobustnessSearchOptions options, string judge, SafeDiffusionPipeline pipeline, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(pipeline);
        return new()
        {
            Model = pipeline.Model.Name,
            WeightsHash = await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false),
            Judge = judge,
            Concept = options.Concept,
            Excluded = options.Excluded,
            Protections = [.. options.Policy.Protections.Select(protection => protection.Describe())],
            Seed = options.Seed,
            FirstDrawingSeed = options.FirstDrawingSeed,
            Share = options.Share,
            Rate = result.Rate,
            Result = result,
        };
    }

    /// <summary>Writes it as JSON.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, SettingsJson.CreateOptions()) + "\n");
}
