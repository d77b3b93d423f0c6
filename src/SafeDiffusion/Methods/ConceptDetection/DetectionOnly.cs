using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Detection;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.ConceptDetection;

/// <summary>
/// Detection alone: a guideline's map is read in every step, and the picture is drawn as it would be without. For reports, heat maps, and
/// a policy that only acts on finished pictures. Costs no UNet row.
/// </summary>
[ProtectionMethod(MethodName)]
public sealed record DetectionOnly : Observer, IFromWords<DetectionOnly>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "detection";

    /// <summary>What the concept is detected by; in JSON the path of its file, relative to the policy's.</summary>
    [JsonRequired]
    public required Guideline Guideline { get; init; }

    /// <summary>Whether a guideline learned with another model is used nevertheless; false by default.</summary>
    public bool AllowOtherModel { get; init; }

    /// <summary>At or above it a position shows the concept, above 0 to 1; 0.5 by default.</summary>
    [JsonRange(JsonRanges.ShareAboveZero)]
    public float PresenceThreshold { get; init; } = 0.5f;

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new()
    {
        Features = AttentionFeatures.Detect,
        DetectionLayers = Guideline.Layers,
        Detects = true,
        Assets = [new(Guideline, AllowOtherModel)],
    };

    /// <inheritdoc/>
    public override string Describe() => $"detection of \"{Guideline.Identity.Concept}\" (threshold {PresenceThreshold}, guideline {Guideline.Hash[..12]})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Guideline is not null, nameof(Guideline), "is missing: name a guideline's file (safediffusion learn guideline makes one).");
        check.Require(PresenceThreshold is > 0 and <= 1, nameof(PresenceThreshold), $"must be above 0 and at most 1, and is {PresenceThreshold}.");
    }

    /// <inheritdoc/>
    public override ObserverState Begin(ProtectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new State(new DetectionReader(Guideline, DetectionNormalisation.Calibrated, PresenceThreshold, context));
    }

    private sealed class State(DetectionReader reader) : ObserverState
    {
        public override ReadOnlySpan<float> DetectionMap => reader.Map;

        public override DetectionReading? Observe(in DenoisingStep step, StepPredictions predictions)
        {
            reader.Read(step, predictions);
            return reader.Reading;
        }

        public override DetectionReading? LookAtFinished(int timestep, StepPredictions predictions) => reader.LookAtFinished(timestep, predictions);
    }

    static ProtectionWord IFromWords<DetectionOnly>.Takes => ProtectionWord.Asset;

    static DetectionOnly IFromWords<DetectionOnly>.FromWords(ProtectionWords words) => new()
    {
        Guideline = Guideline.Load(words.RequireAsset("detection detects by a guideline.")),
    };
}
