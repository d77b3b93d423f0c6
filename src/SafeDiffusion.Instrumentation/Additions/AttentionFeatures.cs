namespace SafeDiffusion.Instrumentation.Additions;

/// <summary>What instrumentation adds to a UNet.</summary>
[Flags]
public enum AttentionFeatures
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Input <c>guideline_embeddings</c> and output <c>detection_scores</c>.</summary>
    Detect = 1,

    /// <summary>Input <c>token_scale</c>.</summary>
    Reweight = 2,

    /// <summary>Inputs <c>inhibitor_hidden_states</c>, <c>inhibitor_scale</c>, <c>inhibitor_layer_scale</c> and <c>inhibitor_mask</c>, output <c>inhibitor_response</c>.</summary>
    Inhibit = 4,

    /// <summary>All of them.</summary>
    All = Detect | Reweight | Inhibit,
}
