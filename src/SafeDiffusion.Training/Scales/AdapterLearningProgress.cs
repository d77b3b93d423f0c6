namespace SafeDiffusion.Training.Scales;

/// <summary>How far the learning of an adapter is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Series, pictures, epochs or concepts done in this stage.</param>
/// <param name="Total">How many there are in this stage.</param>
public readonly record struct AdapterLearningProgress(AdapterLearningStage Stage, int Done, int Total)
{
    /// <summary>The mean squared error on what is learned from; null but while learning.</summary>
    public double? Loss { get; init; }
}

/// <summary>The stages of learning an adapter.</summary>
public enum AdapterLearningStage
{
    /// <summary>Prompts are drawn at every scale, and judged.</summary>
    Drawing,

    /// <summary>First steps are read.</summary>
    Reading,

    /// <summary>The network is learned.</summary>
    Learning,

    /// <summary>It is learned again without each of the concepts, and measured on that one.</summary>
    Measuring,
}
