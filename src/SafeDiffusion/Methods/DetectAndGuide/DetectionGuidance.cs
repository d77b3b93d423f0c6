using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Detection;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.DetectAndGuide;

/// <summary>
/// Detect-and-Guide, DAG (Li et al., CVPR 2025): a guideline makes the UNet's own cross-attention a detector of the concept in every
/// step, and the picture is steered away from the concept only where and as strongly as the detection says. Several concepts are several
/// protections. Costs no UNet row where the concept does not show, and one where it does.
/// </summary>
[ProtectionMethod(MethodName, Alias = "dag")]
public sealed record DetectionGuidance : NoiseGuidance, IFromWords<DetectionGuidance>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "detect-and-guide";

    /// <summary>What the concept is detected by; in JSON the path of its file, relative to the policy's.</summary>
    [JsonRequired]
    public required Guideline Guideline { get; init; }

    /// <summary>Whether a guideline learned with another model is used nevertheless; false by default.</summary>
    public bool AllowOtherModel { get; init; }

    /// <summary>The text to steer away from; null for the guideline's own concept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Text)]
    public string? Concept { get; init; }

    /// <summary>
    /// What to draw in its place, as a text: where the concept shows, the picture is led towards it as strongly as away from the concept. Null,
    /// the default and the paper's form, for away alone, which leaves open what comes instead. One row more in the steps that are guided; with the semantic base alone.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Text)]
    public string? Instead { get; init; }

    /// <summary>The method that chooses the values to change; semantic by default.</summary>
    public DetectAndGuideBase Base { get; init; } = DetectAndGuideBase.Semantic;

    /// <summary>The settings to start from; <see cref="DetectAndGuidePreset.Early"/> by default.</summary>
    public DetectAndGuidePreset Preset { get; init; } = DetectAndGuidePreset.Early;

    /// <summary>How scores become a map; calibrated by default.</summary>
    public DetectionNormalisation Normalisation { get; init; } = DetectionNormalisation.Calibrated;

    /// <summary>How the concept's noise prediction is asked for; betting by default. The picture is the same.</summary>
    public RowEvaluation Rows { get; init; } = RowEvaluation.Betting;

    /// <summary>The first step that is guided, at least 0; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.NotNegative)]
    public int? StartStep { get; init; }

    /// <summary>The step from which on nothing is guided any more, above <see cref="StartStep"/>; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.AtLeastOne)]
    public int? EndStep { get; init; }

    /// <summary>The scale where the concept fills the picture, above 0; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Positive)]
    public float? Weight { get; init; }

    /// <summary>With the semantic base: the quantile of each channel's <c>|s - u|</c> from which on values are changed, 0 to 1; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Share)]
    public float? Quantile { get; init; }

    /// <summary>With the safe-latent base: λ, values are changed where <c>p - s</c> is below it; 0.025 by default.</summary>
    public float Threshold { get; init; } = 0.025f;

    /// <summary>hi: at or above it a position shows the concept, <see cref="EditThreshold"/> to 1; 0.5 by default.</summary>
    [JsonRange(JsonRanges.ShareAboveZero)]
    public float PresenceThreshold { get; init; } = 0.5f;

    /// <summary>
    /// In place of <see cref="PresenceThreshold"/> once the concept has been present: guidance that succeeds makes what it acts on fade, and
    /// must not stop for that. <see cref="EditThreshold"/> to <see cref="PresenceThreshold"/>; null for the preset's.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.ShareAboveZero)]
    public float? HoldThreshold { get; init; }

    /// <summary>lo: at or above it a position may be changed, above 0 to 1; 0.01 by default.</summary>
    [JsonRange(JsonRanges.ShareAboveZero)]
    public float EditThreshold { get; init; } = 0.01f;

    /// <summary>The share of the grid from which on the edit mask is taken to say nothing yet, above 0; above 1 for never; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Positive)]
    public float? UndefinedCoverage { get; init; }

    /// <summary>Whether a region's size scales the guidance; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? AreaScaler { get; init; }

    /// <summary>Whether a position's value scales the guidance, 1 to <see cref="MaxMagnitude"/> times; true by default.</summary>
    public bool MagnitudeScaler { get; init; } = true;

    /// <summary>The most that the magnitude scaler multiplies with, at least 1; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.AtLeastOne)]
    public float? MaxMagnitude { get; init; }

    /// <summary>
    /// The most that the guidance scale counts where values may change, above 1: there the picture is guided as at this scale, whatever the
    /// request's, so that the protection does not depend on it. Null for the preset's; the published one takes the request's.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange("""{ "exclusiveMinimum": 1 }""")]
    public float? MaxGuidance { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new()
    {
        Features = AttentionFeatures.Detect,
        DetectionLayers = Guideline.Layers,
        Detects = true,
        Assets = [new(Guideline, AllowOtherModel)],
    };

    /// <summary>The text that is steered away from.</summary>
    [JsonIgnore]
    public string ConceptText => Concept ?? Guideline.Identity.Concept;

    /// <summary>The first step that is guided.</summary>
    internal int FirstStep => StartStep ?? PresetSettings.FirstStep;

    internal StepWindow Window => StepWindow.Between(FirstStep, EndStep);

    /// <summary>The quantile of the semantic base.</summary>
    internal float ResolvedQuantile => Quantile ?? PresetSettings.Quantile;

    /// <summary>The threshold once the concept has been present.</summary>
    internal float ResolvedHoldThreshold => HoldThreshold ?? Math.Min(Math.Max(PresetSettings.HoldThreshold, EditThreshold), PresenceThreshold);

    /// <summary>The guidance scale where values may change.</summary>
    internal float ResolvedMaxGuidance => MaxGuidance ?? PresetSettings.MaxGuidance;

    internal DetectionScaleSettings ScaleSettings => new(
        PresenceThreshold, EditThreshold, UndefinedCoverage ?? PresetSettings.UndefinedCoverage, Weight ?? PresetSettings.Weight,
        MaxMagnitude ?? PresetSettings.MaxMagnitude, AreaScaler ?? PresetSettings.UsesArea, MagnitudeScaler);

    private DetectAndGuidePresetSettings PresetSettings => DetectAndGuidePresetSettings.Of(Preset);

    /// <inheritdoc/>
    public override string Describe()
    {
        string where = Base == DetectAndGuideBase.Semantic ? $"quantile {ResolvedQuantile}" : $"threshold {Threshold}";
        string towards = Instead is null ? "" : $", towards \"{Instead}\",";
        return $"detect-and-guide away from \"{ConceptText}\"{towards} where it shows, {Window} "
            + $"({Base} base, {where}, {Preset} preset, {Normalisation} maps of the {Guideline.Layers}, guideline {Guideline.Hash[..12]})";
    }

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Guideline is not null, nameof(Guideline), "is missing: name a guideline's file (safediffusion learn guideline makes one).");
        check.RequireText(ConceptText, nameof(Concept));
        if (Instead is not null) ValidateInstead(check);
        check.Require(Enum.IsDefined(Base), nameof(Base), "must be semantic or safe-latent.");
        check.Require(Enum.IsDefined(Preset), nameof(Preset), "must be early or published.");
        check.Require(Enum.IsDefined(Normalisation), nameof(Normalisation), "must be calibrated or per-map.");
        check.Require(Enum.IsDefined(Rows), nameof(Rows), "must be betting, lazy or eager.");
        StepWindow.Require(check, FirstStep, EndStep);
        check.RequirePositive(ScaleSettings.Weight, nameof(Weight));
        check.RequireRange(ResolvedQuantile, 0, 1, nameof(Quantile));
        check.Require(float.IsFinite(Threshold), nameof(Threshold), "must be a finite number.");
        check.Require(EditThreshold is > 0 and <= 1, nameof(EditThreshold), $"must be above 0 and at most 1, and is {EditThreshold}.");
        check.RequireRange(PresenceThreshold, EditThreshold, 1, nameof(PresenceThreshold));
        check.RequireRange(ResolvedHoldThreshold, EditThreshold, PresenceThreshold, nameof(HoldThreshold));
        check.RequirePositive(UndefinedCoverage ?? 1, nameof(UndefinedCoverage));
        check.Require(MaxGuidance is null or > 1 && float.IsFinite(MaxGuidance ?? 2), nameof(MaxGuidance), $"must be above 1, and is {MaxGuidance}.");
        check.Require(MaxMagnitude is null or >= 1 && float.IsFinite(MaxMagnitude ?? 1), nameof(MaxMagnitude), $"must be at least 1, and is {MaxMagnitude}.");
    }

    /// <inheritdoc/>
    public override NoiseGuidanceState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.RequireGuidance(Method);
        return new DetectionGuidanceState(this, context);
    }

    /// <summary>Two equal texts would cancel, and nothing be guided.</summary>
    private void ValidateInstead(FieldCheck check)
    {
        check.RequireText(Instead, nameof(Instead));
        check.Require(Base == DetectAndGuideBase.Semantic, nameof(Instead), "needs the base semantic: the safe-latent one knows no direction but away.");
        check.Require(
            !string.Equals(Instead?.Trim(), ConceptText.Trim(), StringComparison.OrdinalIgnoreCase), nameof(Instead),
            $"is the concept itself, \"{ConceptText}\": away from it and towards it cancel. Name something else.");
    }

    static ProtectionWord IFromWords<DetectionGuidance>.Takes => ProtectionWord.Concept | ProtectionWord.Instead | ProtectionWord.Preset | ProtectionWord.Asset;

    static IReadOnlyList<string> IFromWords<DetectionGuidance>.Presets => ProtectionWords.Names<DetectAndGuidePreset>();

    static DetectionGuidance IFromWords<DetectionGuidance>.FromWords(ProtectionWords words) => new()
    {
        Preset = words.PresetOr(DetectAndGuidePreset.Early),
        Guideline = Guideline.Load(words.RequireAsset("detect-and-guide detects by a guideline.")),
        Concept = words.Concept,
        Instead = words.Instead,
    };
}
