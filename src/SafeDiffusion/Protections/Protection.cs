using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Editing;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Methods.NegativePrompt;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Methods.TrajectorySteering;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Protections;

/// <summary>
/// A safety method with its settings: one entry of a <see cref="SafetyPolicy"/>. Immutable, and shared by threads; what changes
/// during a generation lives in the state objects that it makes.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "method")]
[JsonDerivedType(typeof(NegativePromptProtection), NegativePromptProtection.MethodName)]
[JsonDerivedType(typeof(SafeLatentGuidance), SafeLatentGuidance.MethodName)]
[JsonDerivedType(typeof(SemanticGuidance), SemanticGuidance.MethodName)]
[JsonDerivedType(typeof(SurgicalErasingGuidance), SurgicalErasingGuidance.MethodName)]
[JsonDerivedType(typeof(TrajectorySteering), TrajectorySteering.MethodName)]
[JsonDerivedType(typeof(DetectAndGuideGuidance), DetectAndGuideGuidance.MethodName)]
public abstract record Protection
{
    /// <summary>The method's name, as in a policy's JSON and in reports.</summary>
    [JsonIgnore]
    public abstract string Method { get; }

    /// <summary>The text that this protection puts in the null condition's place; null where it does not.</summary>
    [JsonIgnore]
    public virtual string? UnconditionalText => null;

    /// <summary>What this protection needs of the UNet's cross-attention; nothing by default.</summary>
    [JsonIgnore]
    public virtual AttentionFeatures RequiredFeatures => AttentionFeatures.None;

    /// <summary>The cross-attention layers that this protection's detection reads; null where it detects nothing.</summary>
    [JsonIgnore]
    public virtual LayerSelection? DetectionLayers => null;

    /// <summary>The learned asset that this protection acts with; null where it needs none.</summary>
    [JsonIgnore]
    public virtual ProtectionAsset? Asset => null;

    /// <summary>What is on, in a line for people.</summary>
    public abstract string Describe();

    /// <summary>Checks the settings; called when the protection is added to a policy.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public abstract void Validate(SettingsCheck check);
}

/// <summary>A protection that adds a term to the guided noise prediction, in steps where it needs to.</summary>
public abstract record NoiseGuidance : Protection
{
    /// <summary>Makes the state of one picture's generation.</summary>
    /// <param name="context">The generation's settings; the place to ask for further conditions.</param>
    /// <exception cref="InvalidRequestException">The request does not allow this method to act.</exception>
    public abstract NoiseGuidanceState Begin(GuidanceContext context);
}
