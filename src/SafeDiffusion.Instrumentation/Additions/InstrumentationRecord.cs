namespace SafeDiffusion.Instrumentation.Additions;

/// <summary>What has been added to a UNet; it is written into the model's metadata.</summary>
/// <param name="Features">The added features.</param>
/// <param name="DetectionLayers">Names of the layers whose scores are averaged into <c>detection_scores</c>.</param>
/// <param name="ReweightedLayers">Names of the layers that obey <c>token_scale</c>.</param>
/// <param name="InhibitedLayers">Names of the layers that are inhibited: the L of <c>inhibitor_response</c>, in its order.</param>
/// <param name="Layers">All cross-attention layers.</param>
public sealed record InstrumentationRecord(AttentionFeatures Features, IReadOnlyList<string> DetectionLayers, IReadOnlyList<string> ReweightedLayers,
    IReadOnlyList<string> InhibitedLayers, IReadOnlyList<LayerRecord> Layers);

/// <summary>A cross-attention layer as the metadata tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="GridFactor">How often its grid goes into the latent grid, each way.</param>
/// <param name="Width">Columns of all heads together.</param>
/// <param name="Heads">The number of heads.</param>
/// <param name="KeyWeight">The weight behind the keys.</param>
/// <param name="ValueWeight">The weight behind the values.</param>
/// <param name="OutputWeight">The output projection's weight; null where none is recognised.</param>
public sealed record LayerRecord(string Name, int GridFactor, int Width, int Heads, string KeyWeight, string ValueWeight, string? OutputWeight);
