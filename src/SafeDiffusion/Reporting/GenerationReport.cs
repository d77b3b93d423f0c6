using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Model;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Reporting;

/// <summary>What a generation ran and what its protections did. Field names are stable within a <see cref="Version"/> (docs/report.md).</summary>
public sealed record GenerationReport
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>The form of this report, 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The library and its version.</summary>
    public required string Tool { get; init; }

    /// <summary>When generation began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The model that drew.</summary>
    public required ModelReport Model { get; init; }

    /// <summary>What was asked for.</summary>
    public required RequestReport Request { get; init; }

    /// <summary>The protections, in the policy's order.</summary>
    public required IReadOnlyList<ProtectionReport> Protections { get; init; }

    /// <summary>What the user should know: lost text, escaped tokens, results that no seed repeats.</summary>
    public required IReadOnlyList<ReportWarning> Warnings { get; init; }

    /// <summary>What happened to each picture.</summary>
    public required IReadOnlyList<ImageReport> Images { get; init; }

    /// <summary>What it cost.</summary>
    public required CostReport Cost { get; init; }

    /// <summary>The report in a few lines for people.</summary>
    [JsonIgnore]
    public string Summary => ReportSummary.Write(this);

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Writes the report as a JSON file.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, ToJson() + "\n");

    /// <summary>The settings that make the pictures again, as compact JSON: for a picture's text chunk.</summary>
    public string SettingsJson() => new JsonObject
    {
        ["tool"] = Tool,
        ["model"] = JsonSerializer.SerializeToNode(Model, Json),
        ["request"] = JsonSerializer.SerializeToNode(Request, Json),
        ["protections"] = JsonSerializer.SerializeToNode(Protections, Json),
    }.ToJsonString(new JsonSerializerOptions(Json) { WriteIndented = false });
}

/// <summary>The model that drew.</summary>
/// <param name="Name">The model folder's name.</param>
/// <param name="WeightsHash">The SHA-256 of the text encoder's and the UNet's weights, in hexadecimal.</param>
/// <param name="Provider">What really ran it.</param>
/// <param name="OnnxRuntime">The version of ONNX Runtime.</param>
public sealed record ModelReport(string Name, string WeightsHash, ExecutionProvider Provider, string OnnxRuntime)
{
    /// <summary>Where the model's sizes were found; null in reports of earlier versions.</summary>
    public ModelSources? Sources { get; init; }

    /// <summary>The weight delta and the text erasures that the UNet's weights hold, which act on every text without being asked for; null where there are none.</summary>
    public IReadOnlyList<BakedErasure>? BakedErasures { get; init; }

    /// <summary>How many of the UNet's layers run in 8-bit whole numbers; null where it is not quantised.</summary>
    public int? QuantizedLayers { get; init; }

    /// <summary>How many of the VAE decoder's layers do so; null where it is not quantised.</summary>
    public int? QuantizedDecoderLayers { get; init; }

    /// <summary>The hash of the model's weights without the weight delta that it was loaded with, or before it was quantised in memory; null where neither was.</summary>
    public string? BaseWeightsHash { get; init; }

    /// <summary>The hash of the weight delta; null where there was none.</summary>
    public string? WeightDeltaHash { get; init; }
}

/// <summary>What was asked for, with every default filled in.</summary>
public sealed record RequestReport
{
    /// <summary>The prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>The text in the null condition's place; empty for none.</summary>
    public required string NegativePrompt { get; init; }

    /// <summary>The first picture's seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Pictures.</summary>
    public required int Count { get; init; }

    /// <summary>Width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Denoising steps of the schedule.</summary>
    public required int Steps { get; init; }

    /// <summary>The guidance scale.</summary>
    public required float GuidanceScale { get; init; }

    /// <summary>DDIM's eta.</summary>
    public required float Eta { get; init; }

    /// <summary>The share of the steps that were taken from an initial picture; null without one.</summary>
    public required float? Strength { get; init; }

    /// <summary>The text that the initial picture was inverted under, empty for the null text; null where it was noised, or there is none.</summary>
    public string? Inversion { get; init; }

    /// <summary>Whether the initial latents (or the noise on the initial picture) were given, not drawn from the seed.</summary>
    public required bool GivenLatents { get; init; }
}

/// <summary>A protection that was on.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Description">What is on, in a line.</param>
/// <param name="Settings">Its settings, as in a policy's JSON.</param>
/// <param name="AssetHashes">The SHA-256 of each learned asset that it acts with, in hexadecimal; empty where it needs none.</param>
public sealed record ProtectionReport(string Method, string Description, JsonNode? Settings, IReadOnlyList<string> AssetHashes);

/// <summary>Something the user should know.</summary>
/// <param name="Code">A stable code, such as <c>text-truncated</c> or <c>still-detected</c>; all are listed in docs/report.md.</param>
/// <param name="Message">What it means.</param>
public sealed record ReportWarning(string Code, string Message);

/// <summary>What happened to one picture.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Rows">UNet rows evaluated for it, in the steps, in those that were thrown away, and to look at it when it was finished.</param>
/// <param name="Steps">What happened in each step.</param>
public sealed record ImageReport(long Seed, int Rows, IReadOnlyList<StepReport> Steps)
{
    /// <summary>How its text was replaced and the picture begun again, in that order; <see cref="Steps"/> are those of the last beginning.</summary>
    public IReadOnlyList<RedrawReport> Redraws { get; init; } = [];

    /// <summary>What each text erasure did to the prompt's text states, in the policy's order.</summary>
    public IReadOnlyList<ErasureReport> Erasures { get; init; } = [];

    /// <summary>What each protection that detects saw in the finished picture, in the policy's order.</summary>
    public IReadOnlyList<ObservationReport> Finished { get; init; } = [];

    /// <summary>What the finished picture was found to show; null where nothing looked at it.</summary>
    public CheckReport? Check { get; init; }
}

/// <summary>What was found in a finished picture, and done about it.</summary>
/// <param name="Flagged">Whether the picture still showed a concept, or could not be checked.</param>
/// <param name="By">What found it: <c>detection</c> for a protection's maps in the finished picture or in the last fifth of the steps, else a checker's name, with <c>(failed)</c> behind it where the checker failed.</param>
/// <param name="Action">What was done: <c>flag</c>, <c>blur</c> or <c>withhold</c>; null where nothing was found.</param>
/// <param name="Attempts">How often the picture was drawn again; its seed and steps are the last attempt's.</param>
public sealed record CheckReport(bool Flagged, IReadOnlyList<string> By, RemedialAction? Action, int Attempts);

/// <summary>What happened to one picture in one step.</summary>
/// <param name="Step">The step, from 0 at the noisiest.</param>
/// <param name="Timestep">The training timestep.</param>
/// <param name="Rows">UNet rows evaluated.</param>
/// <param name="Terms">What each noise guidance added, in the policy's order.</param>
public sealed record StepReport(int Step, int Timestep, int Rows, IReadOnlyList<TermReport> Terms)
{
    /// <summary>What each attention intervention did, in the policy's order.</summary>
    public IReadOnlyList<InterventionReport> Interventions { get; init; } = [];

    /// <summary>What each observer saw, in the policy's order.</summary>
    public IReadOnlyList<ObservationReport> Observations { get; init; } = [];
}

/// <summary>What one text erasure did before the first step.</summary>
/// <param name="Protection">The index of the protection in the report's list.</param>
/// <param name="Erased">Whether it changed the prompt's text states.</param>
/// <param name="Tokens">How many token positions it changed.</param>
/// <param name="Change">The norm of the change, relative to that of the text states.</param>
/// <param name="Gate">The largest value of its gate, 0 to 1, also where that did not open it; null for one without a gate.</param>
/// <param name="Reason">Why it changed nothing; null where it did.</param>
public sealed record ErasureReport(int Protection, bool Erased, int Tokens, float Change, float? Gate, string? Reason)
{
    /// <summary>The positions of the tokens that opened the gate, from 1, the first word's first; empty where it stayed closed, is of the whole text, or there is none.</summary>
    public IReadOnlyList<int> OpenedBy { get; init; } = [];

    /// <summary>The wording that the erasures read the prompt in, where that is not its own: with a name of the concept said plainly, or replaced.</summary>
    public string? ReadAs { get; init; }
}

/// <summary>What one attention intervention did in one step.</summary>
/// <param name="Protection">The index of the protection in the report's list.</param>
/// <param name="Acted">Whether it changed the attention of the prompt's row.</param>
/// <param name="Scale">The scale that it acted with; 0 where it did not.</param>
/// <param name="Response">What the attention responded; null for a method that reads nothing.</param>
/// <param name="Reason">Why it did not act, or which part of it did not; null where all of it did.</param>
public sealed record InterventionReport(int Protection, bool Acted, float Scale, float? Response, string? Reason)
{
    /// <summary>What each of its parts did, such as each of several concepts; empty where it has one.</summary>
    public IReadOnlyList<InterventionPart> Parts { get; init; } = [];

    /// <summary>The names of the cross-attention layers that it acted in; empty for all of them.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>The share of the picture that it acted in, 0 to 1; null for everywhere, and where it did not act.</summary>
    public float? Area { get; init; }
}

/// <summary>What one protection saw, in a step or in the finished picture.</summary>
/// <param name="Protection">The index of the protection in the report's list.</param>
/// <param name="Detection">What it detected; null for one that detects nothing.</param>
public sealed record ObservationReport(int Protection, DetectionReading? Detection)
{
    /// <summary>The number that a redrawing protection decides by; null for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? Statistic { get; init; }

    /// <summary>From where on it decides for the concept; null where nothing is decided in this step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? Threshold { get; init; }

    /// <summary>Why the picture was not begun again although the concept showed; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }
}

/// <summary>A text that was replaced, and the picture begun again under the new one.</summary>
/// <param name="Protection">The index of the protection in the report's list.</param>
/// <param name="Step">The step in which the concept was seen, their number where it was seen in the finished picture; null where the text was replaced before the first step.</param>
/// <param name="Text">The whole new text.</param>
/// <param name="Words">The words that were replaced.</param>
/// <param name="By">The words in their place.</param>
/// <param name="Reason">Why just these.</param>
public sealed record RedrawReport(int Protection, int? Step, string Text, string Words, string By, string Reason)
{
    /// <summary>Whether it was seen in the finished picture.</summary>
    public bool Finished { get; init; }

    /// <summary>The step's training timestep.</summary>
    public int? Timestep { get; init; }

    /// <summary>The number that decided.</summary>
    public float? Statistic { get; init; }

    /// <summary>From where on it decides for the concept.</summary>
    public float? Threshold { get; init; }

    /// <summary>The words that were tried, with the share of what they draw that lies where the concept was seen; empty where nothing was.</summary>
    public IReadOnlyList<TriedWords> Tried { get; init; } = [];

    /// <summary>The share of a given picture that was painted over with its ground before it was begun again; 0 for none.</summary>
    public float Covered { get; init; }

    /// <summary>UNet rows evaluated in the steps that were thrown away, those of what was tried among them.</summary>
    public int Rows { get; init; }

    /// <summary>The steps that were thrown away; their predictions are in no picture.</summary>
    public IReadOnlyList<StepReport> Steps { get; init; } = [];
}

/// <summary>What one noise guidance added in one step.</summary>
/// <param name="Protection">The index of the protection in the report's list.</param>
/// <param name="Guided">Whether it added a term.</param>
/// <param name="Norm">The term's Euclidean norm; 0 where it added none.</param>
/// <param name="Reason">Why it added none, or which part of it did not; null where all of it did.</param>
/// <param name="Detection">What it detected; null for a method that detects nothing.</param>
public sealed record TermReport(int Protection, bool Guided, float Norm, string? Reason, DetectionReading? Detection = null);

/// <summary>What a generation cost.</summary>
/// <param name="Rows">UNet rows evaluated, for all pictures.</param>
/// <param name="TextSeconds">Time for the text encoder, and the VAE encoder where a picture was given.</param>
/// <param name="DenoisingSeconds">Time for the denoising loop.</param>
/// <param name="UNetSeconds">The loop's share spent inside the UNet.</param>
/// <param name="DecodingSeconds">Time for the VAE decoder.</param>
/// <param name="LookingSeconds">Time to look at finished pictures, in the VAE encoder and the UNet; 0 where the policy does not detect.</param>
public sealed record CostReport(long Rows, double TextSeconds, double DenoisingSeconds, double UNetSeconds, double DecodingSeconds, double LookingSeconds = 0)
{
    internal static CostReport None { get; } = new(0, 0, 0, 0, 0);

    internal CostReport Plus(CostReport other) => new(
        Rows + other.Rows, TextSeconds + other.TextSeconds, DenoisingSeconds + other.DenoisingSeconds, UNetSeconds + other.UNetSeconds,
        DecodingSeconds + other.DecodingSeconds, LookingSeconds + other.LookingSeconds);
}
