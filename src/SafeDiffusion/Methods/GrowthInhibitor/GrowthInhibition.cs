using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>
/// Growth Inhibitors for Erasure, GIE: in cross-attention layers the attention maps of a concept's own tokens, times <c>-w</c>, are added to
/// the prompt's with the values that belong to them, <c>O' = A V - w Σ_k A^c[:, k] V^c[k]</c>. Several concepts act together. Costs no UNet
/// row, but for one in the first step where responses are read there. Write a concept as prompts say it, article included.
/// </summary>
[ProtectionMethod(MethodName, Alias = "gie")]
public sealed record GrowthInhibition : AttentionIntervention, IFromWords<GrowthInhibition>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "growth-inhibitor";

    /// <summary>The concept to inhibit, as a text; null where <see cref="Concepts"/> says all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange("""{ "type": "string", "pattern": "\\S" }""")]
    public string? Concept { get; init; }

    /// <summary>Further concepts to inhibit, each with a scale of its own where it needs one; null, the default, for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.SomeItems)]
    public ImmutableArray<InhibitedConcept>? Concepts { get; init; }

    /// <summary>The settings to start from; <see cref="GrowthInhibitorPreset.Published"/> by default.</summary>
    public GrowthInhibitorPreset Preset { get; init; } = GrowthInhibitorPreset.Published;

    /// <summary>w, the suppression scale, at least 0; null for the preset's, 5 with the published one. At 0 nothing is changed. Not beside an adapter.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.NotNegative)]
    public float? Scale { get; init; }

    /// <summary>What chooses the scale of each of the concepts' tokens, picture by picture; null, the default, for a fixed scale. In JSON the path of its file, relative to the policy's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange("""{ "type": [ "string", "null" ], "minLength": 1 }""")]
    public ScaleAdapter? Adapter { get; init; }

    /// <summary>Whether an adapter learned with another model is used nevertheless; false by default.</summary>
    public bool AllowOtherModel { get; init; }

    /// <summary>The most that an adapter's scale is taken for, above 0; null for 10. Without an adapter it says nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Positive)]
    public float? MaxScale { get; init; }

    /// <summary>The layers that are inhibited; null for the preset's, all with the published one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange("""{ "type": [ "string", "null" ], "pattern": "[^\\s,]" }""")]
    public InhibitedLayers? Layers { get; init; }

    /// <summary>
    /// Whether the difference between concept and empty text is inhibited, <c>O - w (O^c - O^null)</c> with what attention to each whole text
    /// gives, in place of the concept's own tokens, so that what all texts share cancels; null for the preset's. Of an adapter's scales of a
    /// concept's tokens the greatest counts.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Contrast { get; init; }

    /// <summary>When it acts within its window; null for the preset's, always but with the gated one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InhibitionTime? When { get; init; }

    /// <summary>Where in the picture it acts; null for the preset's, everywhere but with the gated one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InhibitionPlace? Where { get; init; }

    /// <summary>
    /// Of concepts nearer to each other than this, by 1 - cosine of their states at the first end-of-text, only the one with the largest scale
    /// is inhibited, for both would be inhibited in the same places; 0 to 2. 0 by default, which drops only what is encoded the same: how far
    /// apart unlike concepts are depends on the model.
    /// </summary>
    [JsonRange("""{ "minimum": 0, "maximum": 2 }""")]
    public float SynonymThreshold { get; init; }

    /// <summary>The first step that is inhibited, at least 0; 0 by default.</summary>
    [JsonRange(JsonRanges.NotNegative)]
    public int StartStep { get; init; }

    /// <summary>The step from which on nothing is inhibited any more, above <see cref="StartStep"/>; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? EndStep { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new()
    {
        Features = AttentionFeatures.Inhibit,
        WaitsForDetection = ResolvedWhen == InhibitionTime.Detected || ResolvedWhere == InhibitionPlace.Detected,
        Assets = Adapter is null ? [] : [new(Adapter, AllowOtherModel)],
    };

    internal StepWindow Window => StepWindow.Between(StartStep, EndStep);

    internal float ResolvedScale => Scale ?? PresetSettings.Scale;

    /// <summary>The scale that the preset was measured with: what less does was not, and on the shapes model it is little.</summary>
    internal override float? EffectiveScale => Adapter is null ? null : PresetSettings.Scale;

    internal float ResolvedMaxScale => MaxScale ?? 10;

    internal InhibitedLayers ResolvedLayers => Layers ?? PresetSettings.Layers;

    internal InhibitionTime ResolvedWhen => When ?? PresetSettings.When;

    internal InhibitionPlace ResolvedWhere => Where ?? PresetSettings.Where;

    internal bool ResolvedContrast => Contrast ?? PresetSettings.Contrast;

    /// <summary>All concepts, in their order.</summary>
    internal ImmutableArray<InhibitedConcept> AllConcepts => [.. Concept is null ? [] : (InhibitedConcept[])[new() { Text = Concept }], .. Concepts is { IsDefault: false } more ? more : []];

    private GrowthInhibitorPresetSettings PresetSettings => GrowthInhibitorPresetSettings.Of(Preset);

    /// <inheritdoc/>
    public override string Describe()
    {
        string texts = string.Join(", ", AllConcepts.Select(concept => $"\"{concept.Text}\"{(concept.Scale is { } own ? $" (scale {own})" : "")}"));
        string scale = Adapter is null ? $"scale {ResolvedScale}" : $"scale by adapter {Adapter.Hash[..12]}, at most {ResolvedMaxScale}";
        string when = (ResolvedWhen, ResolvedWhere) switch
        {
            (_, InhibitionPlace.Detected) => " once and where a concept is detected",
            (InhibitionTime.Detected, _) => " once a concept is detected",
            _ => "",
        };
        return $"growth inhibitor of {texts}, {Window}{when} ({scale}, {ResolvedLayers}{(ResolvedContrast ? ", against the empty text" : "")})";
    }

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Concept is not null || Concepts is not null, nameof(Concept), "is missing: say what is to be inhibited, in concept or in concepts.");
        if (Concept is not null) check.RequireText(Concept, nameof(Concept));
        if (Concepts is { } concepts) check.RequireItems<InhibitedConcept>(concepts.IsDefault ? null : concepts, nameof(Concepts), InhibitedConcept.Validate);
        check.Require(Enum.IsDefined(Preset), nameof(Preset), "must be published, contrasting or gated.");
        check.Require(Enum.IsDefined(ResolvedWhen), nameof(When), "must be always or detected.");
        check.Require(Enum.IsDefined(ResolvedWhere), nameof(Where), "must be everywhere or detected.");
        check.Require(ResolvedScale >= 0 && float.IsFinite(ResolvedScale), nameof(Scale), $"must be at least 0, and is {ResolvedScale}.");
        check.Require(Adapter is null || Scale is null && AllConcepts.All(concept => concept.Scale is null), nameof(Scale), "is given beside an adapter, which chooses it. Leave one of them out.");
        check.Require(Adapter?.Preset is null || Adapter.Preset == Preset, nameof(Preset), $"is {Name(Preset)}, and the adapter's scales are those of {Name(Adapter?.Preset)}. Name that preset, or learn an adapter with this one.");
        check.RequirePositive(ResolvedMaxScale, nameof(MaxScale));
        check.RequireRange(SynonymThreshold, 0, 2, nameof(SynonymThreshold));
        StepWindow.Require(check, StartStep, EndStep);
    }

    /// <inheritdoc/>
    public override AttentionInterventionState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new GrowthInhibitionState(this, context);
    }

    /// <summary>Whether all settings are equal, the concepts in their order.</summary>
    public bool Equals(GrowthInhibition? other) =>
        other is not null && AllConcepts.SequenceEqual(other.AllConcepts)
        && (Preset, Scale, Adapter, AllowOtherModel, MaxScale, Layers) == (other.Preset, other.Scale, other.Adapter, other.AllowOtherModel, other.MaxScale, other.Layers)
        && (Contrast, When, Where, SynonymThreshold, StartStep, EndStep) == (other.Contrast, other.When, other.Where, other.SynonymThreshold, other.StartStep, other.EndStep);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Concept, Scale, Adapter, Layers, StartStep, EndStep);

    private static string? Name(GrowthInhibitorPreset? preset) => preset?.ToString().ToLowerInvariant();

    static ProtectionWord IFromWords<GrowthInhibition>.Takes => ProtectionWord.Concept | ProtectionWord.Preset | ProtectionWord.Asset;

    static IReadOnlyList<string> IFromWords<GrowthInhibition>.Presets => ProtectionWords.Names<GrowthInhibitorPreset>();

    static GrowthInhibition IFromWords<GrowthInhibition>.FromWords(ProtectionWords words)
    {
        ScaleAdapter? adapter = words.Asset is { } file ? ScaleAdapter.Load(file) : null;
        return new()
        {
            Concept = words.RequireConcept("growth-inhibitor must know what to inhibit."),
            Preset = words.PresetOr(adapter?.Preset ?? GrowthInhibitorPreset.Published),
            Adapter = adapter,
        };
    }
}
