namespace SafeDiffusion.FineTuning.Parameters;

/// <summary>Which weights of a UNet are trained, by their roles in its attention layers; each with its bias where it has one.</summary>
[Flags]
public enum TrainedWeights
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Self-attention's query projections.</summary>
    SelfQuery = 1,

    /// <summary>Self-attention's key projections.</summary>
    SelfKey = 2,

    /// <summary>Self-attention's value projections.</summary>
    SelfValue = 4,

    /// <summary>Self-attention's output projections.</summary>
    SelfOutput = 8,

    /// <summary>Cross-attention's query projections.</summary>
    CrossQuery = 16,

    /// <summary>Cross-attention's key projections.</summary>
    CrossKey = 32,

    /// <summary>Cross-attention's value projections.</summary>
    CrossValue = 64,

    /// <summary>Cross-attention's output projections.</summary>
    CrossOutput = 128,

    /// <summary>All of self-attention.</summary>
    SelfAttention = SelfQuery | SelfKey | SelfValue | SelfOutput,

    /// <summary>All of cross-attention, as ESD-x trains it.</summary>
    CrossAttention = CrossQuery | CrossKey | CrossValue | CrossOutput,

    /// <summary>The output projections of both, as All-but-One trains them.</summary>
    Outputs = SelfOutput | CrossOutput,

    /// <summary>Self-attention and cross-attention's queries, as TRCE's second stage trains them.</summary>
    Visual = SelfAttention | CrossQuery,
}
