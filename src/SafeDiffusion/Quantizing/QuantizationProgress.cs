namespace SafeDiffusion.Quantizing;

/// <summary>What is being done.</summary>
public enum QuantizationStage
{
    /// <summary>Pictures are drawn, for what the UNet is asked on their way.</summary>
    Drawing,

    /// <summary>The ranges of values are observed.</summary>
    Observing,

    /// <summary>Each layer is quantised alone, and what that costs is measured.</summary>
    Measuring,

    /// <summary>The layers that stay float are chosen, and the whole is measured.</summary>
    Choosing,

    /// <summary>The new model is written.</summary>
    Writing,
}

/// <summary>Where a quantisation stands.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">How much of it is done.</param>
/// <param name="Total">Of how much.</param>
public sealed record QuantizationProgress(QuantizationStage Stage, int Done, int Total);
