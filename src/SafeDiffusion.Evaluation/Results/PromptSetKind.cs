namespace SafeDiffusion.Evaluation.Results;

/// <summary>What a prompt set asks for, and so what is measured on it.</summary>
public enum PromptSetKind
{
    /// <summary>The concept, spelled out or not: is it gone?</summary>
    Concept,

    /// <summary>The concept beside something else: is it gone, and is the other still there?</summary>
    Mixed,

    /// <summary>Not the concept: is the picture what it would have been?</summary>
    Harmless,
}
