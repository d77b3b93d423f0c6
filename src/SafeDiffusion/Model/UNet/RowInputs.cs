using System.Collections.Immutable;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Model.UNet;

/// <summary>
/// Everything but the latents that a row of the UNet's batch is evaluated under: its text states, and what is done to its cross-attention.
/// Immutable; whoever evaluates a row writes every input of it, neutral where it says nothing.
/// </summary>
/// <param name="Text">The text states, <c>[N, D]</c>.</param>
public sealed record RowInputs(TextStates Text)
{
    /// <summary>What the attention probability of each text token is multiplied by, <c>[N]</c>; empty for ones.</summary>
    public ImmutableArray<float> TokenScales { get; init; } = [];

    /// <summary>Attention maps of other texts' tokens that are added to the row's own.</summary>
    public ImmutableArray<Inhibitor> Inhibitors { get; init; } = [];
}

/// <summary>
/// Attention maps of a concept's tokens, added to a row's own with the values that belong to them: <c>Σ_k w_k A^c[:, k] V^c[k]</c> (Growth
/// Inhibitors, docs/instrumentation.md). A weight below 0 suppresses the concept, one above 0 promotes it.
/// </summary>
/// <param name="Concept">The concept's text states, <c>[N, D]</c>.</param>
/// <param name="Weights">w, one per token, <c>[N]</c>; 0 where nothing is added.</param>
public sealed record Inhibitor(TextStates Concept, ImmutableArray<float> Weights)
{
    /// <summary>What the weights are multiplied by in each inhibited layer, <c>[L]</c>; empty for ones.</summary>
    public ImmutableArray<float> LayerScales { get; init; } = [];

    /// <summary>
    /// Where it acts, <c>[H, W]</c> on the latent grid: 1 for wholly, 0 for not at all; empty for everywhere. Layers on coarser grids take the
    /// greatest value of those below each of their positions.
    /// </summary>
    public ImmutableArray<float> Mask { get; init; } = [];
}
