using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.FineTuned;

/// <summary>
/// A concept that fine-tuning has taken out of the model's weights: TRCE's second stage, All but One, ESD. Stands in the weights that the
/// pipeline is loaded with, acts in every picture, and costs no UNet row.
/// </summary>
[ProtectionMethod(MethodName)]
public sealed record FineTunedWeights : WeightChange, IFromWords<FineTunedWeights>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "weight-delta";

    /// <summary>The changed weights; in JSON the path of their file, relative to the policy's.</summary>
    [JsonRequired]
    public required WeightDelta Delta { get; init; }

    /// <summary>Whether a delta of another model is applied nevertheless, where names and shapes fit; false by default.</summary>
    public bool AllowOtherModel { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override LearnedAsset Change => Delta;

    /// <inheritdoc/>
    public override string Describe() => $"\"{Delta.Identity.Concept}\" fine-tuned out of {Delta.Changed.Count()} weights (delta {Delta.Hash[..12]})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Delta is not null, nameof(Delta), "is missing: name a weight delta's file (safediffusion-finetune makes one).");
    }

    static ProtectionWord IFromWords<FineTunedWeights>.Takes => ProtectionWord.Asset;

    static FineTunedWeights IFromWords<FineTunedWeights>.FromWords(ProtectionWords words) => new()
    {
        Delta = WeightDelta.Load(words.RequireAsset("weight-delta changes weights by a file.")),
    };
}
