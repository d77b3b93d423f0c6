namespace SafeDiffusion.Protections;

/// <summary>Whether a detector has found its concept in a picture, for protections that act only then. One per detector and picture.</summary>
public sealed class ConceptPresence
{
    /// <summary>Whether the concept was present in some step so far.</summary>
    public bool HasShown { get; private set; }

    /// <summary>Says that it is present.</summary>
    public void Show() => HasShown = true;
}
