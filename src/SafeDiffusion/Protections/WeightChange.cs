using System.Text.Json.Serialization;

namespace SafeDiffusion.Protections;

/// <summary>
/// A protection that stands in the model's weights: a pipeline is loaded with it, and costs no more for it. A policy that names one is
/// refused by a pipeline that was loaded without it.
/// </summary>
public abstract record WeightChange : Protection
{
    /// <summary>What the weights are changed by, which is for the model as it is without.</summary>
    [JsonIgnore]
    public abstract LearnedAsset Change { get; }

    private protected sealed override ProtectionKind Kind() => ProtectionKind.WeightChange;
}
