namespace SafeDiffusion.Model;

/// <summary>Where a fact about a model was found; each is asked only for what those before it leave open.</summary>
public enum FactSource
{
    /// <summary>The graphs' inputs and outputs fix it.</summary>
    Graph,

    /// <summary>The shapes of the weights tell it.</summary>
    Weights,

    /// <summary>A <c>config.json</c> says it.</summary>
    Configuration,

    /// <summary>A network was run on a small input, and gave it.</summary>
    Measured,

    /// <summary>Nothing says it: it is Stable Diffusion v1's own.</summary>
    Default,
}

/// <summary>Where a model's sizes were found.</summary>
public sealed record ModelSources
{
    /// <summary>Of <see cref="ModelDescription.LatentChannels"/>.</summary>
    public required FactSource LatentChannels { get; init; }

    /// <summary>Of <see cref="ModelDescription.Width"/> and <see cref="ModelDescription.Height"/>, the size of requests that ask for none.</summary>
    public required FactSource Size { get; init; }

    /// <summary>Of <see cref="ModelDescription.TextWidth"/>.</summary>
    public required FactSource TextWidth { get; init; }

    /// <summary>Of <see cref="ModelDescription.VaeFactor"/>.</summary>
    public required FactSource VaeFactor { get; init; }

    /// <summary>Of <see cref="ModelDescription.VaeScalingFactor"/>.</summary>
    public required FactSource VaeScalingFactor { get; init; }
}
