using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Protections;

/// <summary>
/// A safety method with its settings: one entry of a policy. Immutable, and shared by threads; what changes during a generation lives in
/// the state objects that it makes. A method derives from one of the kinds: <see cref="NoiseGuidance"/>,
/// <see cref="AttentionIntervention"/>, <see cref="TextErasure"/>, <see cref="Redrawing"/> or <see cref="Observer"/>. There are no others, because whatever runs a
/// policy must know how to run all of it.
/// </summary>
public abstract record Protection
{
    /// <summary>The method's name, as in a policy's JSON and in reports: that of its <see cref="ProtectionMethodAttribute"/>.</summary>
    /// <exception cref="InvalidOperationException">The method's record has no such attribute.</exception>
    [JsonIgnore]
    public string Method => ProtectionMethodAttribute.Of(GetType()).Name;

    /// <summary>What it needs of the model, and whether it detects; nothing by default.</summary>
    [JsonIgnore]
    public virtual Requirements Requirements => Requirements.None;

    /// <summary>The text that this protection puts in the null condition's place; null where it does not.</summary>
    [JsonIgnore]
    internal virtual string? UnconditionalText => null;

    /// <summary>What is on, in a line for people.</summary>
    public abstract string Describe();

    /// <summary>Checks the settings; called when the protection is added to a policy.</summary>
    /// <exception cref="InvalidPolicyException">A setting is out of range.</exception>
    public abstract void Validate(FieldCheck check);

    /// <summary>Only this library can answer, so that only its kinds can be derived from.</summary>
    private protected abstract ProtectionKind Kind();
}

/// <summary>The kinds of protections.</summary>
internal enum ProtectionKind
{
    NullCondition,
    NoiseGuidance,
    AttentionIntervention,
    TextErasure,
    Redrawing,
    Observer,
}
