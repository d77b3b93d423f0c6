namespace SafeDiffusion.Composing;

/// <summary>How far protecting a model is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Text">The same in words, with what was found so far.</param>
/// <param name="Done">The part of the whole work that is done, 0 to 1, as estimated.</param>
/// <param name="Remaining">The time that is left, as estimated; null where it is not known yet.</param>
public sealed record ProtectionProgress(ProtectionStage Stage, string Text, double Done, TimeSpan? Remaining);

/// <summary>What is being done.</summary>
public enum ProtectionStage
{
    /// <summary>The model is loaded and timed.</summary>
    Measuring,

    /// <summary>The time is known that the rest will take.</summary>
    Estimated,

    /// <summary>What is drawn in the concept's place is chosen.</summary>
    ChoosingInstead,

    /// <summary>Assets are learned.</summary>
    Learning,

    /// <summary>Candidates are compared.</summary>
    Choosing,

    /// <summary>The chosen policy is measured on other prompts and seeds.</summary>
    Reporting,
}
