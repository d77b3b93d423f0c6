namespace SafeDiffusion.Methods.DetectAndGuide;

/// <summary>The method that chooses, within the edit mask, the values that are changed.</summary>
public enum DetectAndGuideBase
{
    /// <summary>SEGA's: where <c>|s - u|</c> is at or above a quantile of its channel.</summary>
    Semantic,

    /// <summary>SLD's: where <c>p - s</c> is below a threshold.</summary>
    SafeLatent,
}

/// <summary>Settings to start from.</summary>
public enum DetectAndGuidePreset
{
    /// <summary>
    /// Our own, by what measures best on the shapes model (docs/results.md): from step 0, quantile 0.8, every position of the edit mask up to
    /// six times, and held until the concept has all but faded.
    /// </summary>
    Early,

    /// <summary>The paper's: from step 5, quantile 0.9, weight 5.</summary>
    Published,
}

/// <summary>When the noise prediction under a concept is evaluated that only some steps need.</summary>
public enum RowEvaluation
{
    /// <summary>Together with the others where the last step needed it, else as <see cref="Lazy"/>: fewest calls.</summary>
    Betting,

    /// <summary>After the others, where this step turns out to need it: fewest rows.</summary>
    Lazy,

    /// <summary>Together with the others in every step.</summary>
    Eager,
}
