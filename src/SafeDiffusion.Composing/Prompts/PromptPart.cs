namespace SafeDiffusion.Composing.Prompts;

/// <summary>What prompts are for. Each part has templates and seeds of its own, so that nothing is tuned and judged on the same.</summary>
public enum PromptPart
{
    /// <summary>Assets are learned from their pictures.</summary>
    Learning,

    /// <summary>Candidates are chosen by their pictures.</summary>
    Selection,

    /// <summary>The chosen one's figures are measured on their pictures.</summary>
    Report,
}
