namespace SafeDiffusion.Model.UNet;

/// <summary>What a call reads from and injects into cross-attention, for all its rows.</summary>
public sealed record AttentionRequest
{
    /// <summary>Guideline token embeddings, <c>[G, D]</c> with D the text width; empty to detect nothing.</summary>
    public ReadOnlyMemory<float> GuidelineEmbeddings { get; init; }

    /// <summary>How many concepts rows inhibit, the C of the added inputs; 0 to inhibit none.</summary>
    public int Concepts { get; init; }
}

/// <summary>
/// The inputs and outputs that instrumentation adds to a UNet (docs/instrumentation.md), row by row: what one row is given leaves the
/// others alone. Inputs begin neutral, so that they change nothing until they are written. Asking for a feature that the UNet does not
/// have is an <see cref="InvalidOperationException"/>.
/// </summary>
public interface IAttentionBatch
{
    /// <summary>A row's factors of the attention probabilities, <c>[N]</c>, one per prompt token; ones at first.</summary>
    Span<float> TokenScale(int row);

    /// <summary>A row's text states of the concepts to inhibit, <c>[C, N, D]</c>; zeros at first.</summary>
    Span<float> InhibitorHiddenStates(int row);

    /// <summary>A row's weights of the concepts' attention maps, <c>[C, N]</c>; zeros at first.</summary>
    Span<float> InhibitorScale(int row);

    /// <summary>A row's raw detection scores, <c>[G, H, W]</c> on the latent grid; hold until the next call.</summary>
    ReadOnlySpan<float> DetectionScores(int row);

    /// <summary>A row's mean attention of each concept token in an inhibited layer, <c>[C, N]</c>; holds until the next call.</summary>
    ReadOnlySpan<float> InhibitorResponse(int layer, int row);
}
