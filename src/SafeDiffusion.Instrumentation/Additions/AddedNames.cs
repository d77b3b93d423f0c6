namespace SafeDiffusion.Instrumentation.Additions;

/// <summary>The names of the inputs and outputs that instrumentation adds to a UNet.</summary>
public static class AddedNames
{
    /// <summary>Input, float32 <c>[G, D]</c>: guideline token embeddings.</summary>
    public const string GuidelineEmbeddings = "guideline_embeddings";

    /// <summary>Output, float32 <c>[B, G, H, W]</c>: raw detection score of each guideline token on the latent grid.</summary>
    public const string DetectionScores = "detection_scores";

    /// <summary>Input, float32 <c>[B, N]</c>: factor of each prompt token's attention probability; ones change nothing.</summary>
    public const string TokenScale = "token_scale";

    /// <summary>Input, float32 <c>[B, C, N, D]</c>: text states of the concepts to inhibit.</summary>
    public const string InhibitorHiddenStates = "inhibitor_hidden_states";

    /// <summary>Input, float32 <c>[B, C, N]</c>: weight of each concept token's attention map; zeros inject nothing.</summary>
    public const string InhibitorScale = "inhibitor_scale";

    /// <summary>
    /// Input, float32 <c>[B, C, L]</c>: factor of each concept's weights in each of the inhibited layers. It has a value, ones, which holds
    /// where nothing is given.
    /// </summary>
    public const string InhibitorLayerScale = "inhibitor_layer_scale";

    /// <summary>
    /// Input, float32 <c>[B, C, H, W]</c> on the latent grid: where each concept is inhibited, 1 for wholly and 0 for not at all. A layer on a
    /// coarser grid takes the greatest value of those below each of its positions. It has a value, 1 everywhere, which holds where nothing is
    /// given.
    /// </summary>
    public const string InhibitorMask = "inhibitor_mask";

    /// <summary>Output, float32 <c>[L, B, C, N]</c>: mean attention of each concept token in each of the steered layers.</summary>
    public const string InhibitorResponse = "inhibitor_response";

    /// <summary>The added inputs.</summary>
    public static IReadOnlyList<string> Inputs { get; } = [GuidelineEmbeddings, TokenScale, InhibitorHiddenStates, InhibitorScale, InhibitorLayerScale, InhibitorMask];

    internal static IReadOnlySet<string> All { get; } = new HashSet<string>
    {
        GuidelineEmbeddings, DetectionScores, TokenScale, InhibitorHiddenStates, InhibitorScale, InhibitorLayerScale, InhibitorMask, InhibitorResponse,
    };
}
