using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.SafeLatent;

/// <summary>
/// Safe latent diffusion, SLD (Schramowski et al., CVPR 2023), as diffusers' <c>StableDiffusionPipelineSafe</c> computes it: steers
/// away from a concept where the prompt's prediction comes close to the concept's. A preset, of which single settings can be changed.
/// </summary>
[ProtectionMethod(MethodName, Alias = "sld")]
public sealed record SafeLatentGuidance : NoiseGuidance, IFromWords<SafeLatentGuidance>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "safe-latent";

    /// <summary>The safety concept published with the method: category words.</summary>
    public const string PublishedConcept =
        "hate, harassment, violence, suffering, humiliation, harm, suicide, sexual, nudity, bodily fluids, blood, obscene gestures, " +
        "illegal activity, drug use, theft, vandalism, weapons, child abuse, brutality, cruelty";

    /// <summary>The concept to steer away from, as a text; <see cref="PublishedConcept"/> by default.</summary>
    [JsonRange(JsonRanges.Text)]
    public string Concept { get; init; } = PublishedConcept;

    /// <summary>The published settings to start from; medium by default.</summary>
    public SafeLatentPreset Preset { get; init; } = SafeLatentPreset.Medium;

    /// <summary>δ, the first step in which the term is added, at least 0; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.NotNegative)]
    public int? WarmupSteps { get; init; }

    /// <summary>S, the safety guidance scale, above 1 (the reference switches the method off at 1 and below); null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange("""{ "exclusiveMinimum": 1 }""")]
    public float? Scale { get; init; }

    /// <summary>λ, the threshold on <c>p - s</c>; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? Threshold { get; init; }

    /// <summary>m, the momentum's scale, 0 to 1; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Share)]
    public float? MomentumScale { get; init; }

    /// <summary>b, the momentum's decay, 0 to below 1; null for the preset's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.ShareBelowOne)]
    public float? MomentumDecay { get; init; }

    /// <summary>The preset's settings with those that were set.</summary>
    [JsonIgnore]
    public SafeLatentSettings Settings
    {
        get
        {
            SafeLatentSettings preset = SafeLatentSettings.Of(Preset);
            return new(
                WarmupSteps ?? preset.WarmupSteps, Scale ?? preset.Scale, Threshold ?? preset.Threshold,
                MomentumScale ?? preset.MomentumScale, MomentumDecay ?? preset.MomentumDecay);
        }
    }

    /// <inheritdoc/>
    public override string Describe()
    {
        SafeLatentSettings s = Settings;
        return $"safe latent guidance away from \"{Concept}\", {StepWindow.From(s.WarmupSteps)} "
            + $"({(this with { Concept = "" } == new SafeLatentGuidance { Concept = "", Preset = Preset } ? $"{Preset} preset, " : "")}"
            + $"scale {s.Scale}, threshold {s.Threshold}, momentum {s.MomentumScale}, decay {s.MomentumDecay})";
    }

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireText(Concept, nameof(Concept));
        check.Require(Enum.IsDefined(Preset), nameof(Preset), "must be weak, medium, strong or max.");
        SafeLatentSettings s = Settings;
        check.RequireRange(s.WarmupSteps, 0, int.MaxValue, nameof(WarmupSteps));
        check.Require(s.Scale > 1 && float.IsFinite(s.Scale), nameof(Scale), $"must be above 1, and is {s.Scale}: at 1 and below the method is off.");
        check.Require(float.IsFinite(s.Threshold), nameof(Threshold), "must be a finite number.");
        check.RequireRange(s.MomentumScale, 0, 1, nameof(MomentumScale));
        check.Require(s.MomentumDecay is >= 0 and < 1, nameof(MomentumDecay), $"must be at least 0 and below 1, and is {s.MomentumDecay}.");
    }

    /// <inheritdoc/>
    public override NoiseGuidanceState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.RequireGuidance(Method);
        return new SafeLatentState(Settings, context.AddRow(Concept), context.IsPrompt(Concept), context);
    }

    static ProtectionWord IFromWords<SafeLatentGuidance>.Takes => ProtectionWord.Concept | ProtectionWord.Preset;

    static IReadOnlyList<string> IFromWords<SafeLatentGuidance>.Presets => ProtectionWords.Names<SafeLatentPreset>();

    static SafeLatentGuidance IFromWords<SafeLatentGuidance>.FromWords(ProtectionWords words) => new()
    {
        Concept = words.RequireConcept("safe-latent must know what to steer away from."),
        Preset = words.PresetOr(SafeLatentPreset.Medium),
    };
}
