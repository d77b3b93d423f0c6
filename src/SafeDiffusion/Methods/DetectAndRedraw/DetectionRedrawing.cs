using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Detection;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndRedraw;

/// <summary>
/// Detect, rewind, redraw (our own method, docs/detect-and-redraw.md): a guideline watches the picture, and one in which the concept shows is begun
/// again from its own noise with a text that says something else. A picture in which nothing shows is what it would be without, bit for
/// bit, and costs no UNet row. Several concepts are several protections.
/// </summary>
[ProtectionMethod(MethodName, Alias = "redraw")]
public sealed record DetectionRedrawing : Redrawing, IFromWords<DetectionRedrawing>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "detect-and-redraw";

    /// <summary>What the concept is detected by; in JSON the path of its file, relative to the policy's. It must have been learned with redraw thresholds.</summary>
    [JsonRequired]
    public required Guideline Guideline { get; init; }

    /// <summary>Whether a guideline learned with another model is used nevertheless; false by default.</summary>
    public bool AllowOtherModel { get; init; }

    /// <summary>
    /// What to draw in the concept's place, with its article, such as <c>a green star</c>; null for the guideline's own, and one of them is needed.
    /// Best something far from all that is to be kept, which the model draws well.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Text)]
    public string? Instead { get; init; }

    /// <summary>The words that spell the concept in a prompt; null for the guideline's own concept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Text)]
    public string? Concept { get; init; }

    /// <summary>Other words that spell it, besides those that the guideline knows; none by default.</summary>
    [JsonRange("""{ "items": { "type": "string", "pattern": "\\S" } }""")]
    public ImmutableArray<string> Synonyms { get; init; } = [];

    /// <summary>
    /// Whether a prompt that spells the concept is changed before the first step, without waiting for it to show; false by default. Then such a
    /// prompt costs what any other does, and is changed also where it would not have drawn the concept.
    /// </summary>
    public bool Hybrid { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new()
    {
        Features = AttentionFeatures.Detect,
        DetectionLayers = Guideline.Layers,
        Detects = true,
        Assets = [new(Guideline, AllowOtherModel)],
    };

    /// <summary>What to draw in the concept's place.</summary>
    internal InsteadPhrase Phrase => new(Instead ?? Guideline.Instead!);

    /// <summary>The concept's words in a prompt.</summary>
    internal SpelledConcept Spelled => new(Names);

    private IEnumerable<string> Names => [Concept ?? Guideline.Identity.Concept, .. Guideline.Synonyms, .. Synonyms.IsDefault ? [] : Synonyms];

    /// <inheritdoc/>
    public override string Describe() =>
        $"{MethodName} of \"{Concept ?? Guideline.Identity.Concept}\", instead \"{Phrase.Text}\" ({(Hybrid ? "spelled prompts before the first step, " : "")}guideline {Guideline.Hash[..12]})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Guideline is not null, nameof(Guideline), "is missing: name a guideline's file (safediffusion learn guideline makes one).");
        check.Require(
            Guideline.Redrawing is not null, nameof(Guideline),
            "has no redraw thresholds: it was learned by an earlier version, from too few pictures, or for a concept that does not stand out among them. Learn it again (safediffusion learn guideline), or use detect-and-guide, which needs none.");
        check.Require(Instead is null || !string.IsNullOrWhiteSpace(Instead), nameof(Instead), "must be a text that is not empty.");
        check.Require(
            (Instead ?? Guideline.Instead) is not null, nameof(Instead),
            "is missing, and the guideline does not say either what to draw in the concept's place: name something far from all that is to be kept, which the model draws well, such as \"a green star\".");
        check.Require(Concept is null || !string.IsNullOrWhiteSpace(Concept), nameof(Concept), "must be a text that is not empty.");
        check.Require(Synonyms.IsDefault || Synonyms.All(name => !string.IsNullOrWhiteSpace(name)), nameof(Synonyms), "must be texts that are not empty.");
        string? spelled = Names.FirstOrDefault(name => SpelledConcept.Says(Phrase.Text, name));
        check.Require(spelled is null, nameof(Instead), $"is \"{Phrase.Text}\", which says \"{spelled}\" itself; name something else.");
    }

    /// <inheritdoc/>
    public override TextReplacement? ReplaceAtStart(TokenizedText text) =>
        Hybrid ? Spelled.Replace(text, Phrase, "the prompt spells the concept") : null;

    /// <inheritdoc/>
    public override RedrawingState Begin(ProtectionContext context, PictureText text)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(text);
        return new DetectionRedrawingState(this, context, text);
    }

    static ProtectionWord IFromWords<DetectionRedrawing>.Takes => ProtectionWord.Concept | ProtectionWord.Instead | ProtectionWord.Asset;

    static DetectionRedrawing IFromWords<DetectionRedrawing>.FromWords(ProtectionWords words) => new()
    {
        Guideline = Guideline.Load(words.RequireAsset("detect-and-redraw detects by a guideline.")),
        Concept = words.Concept,
        Instead = words.Instead,
    };
}
