namespace SafeDiffusion.Protections;

/// <summary>Whether and where a detector has found its concept in a picture, for protections that act only then and there. One per detector and picture.</summary>
public sealed class ConceptPresence
{
    private readonly float[] _map;

    internal ConceptPresence(float[] map, float threshold) => (_map, Threshold) = (map, threshold);

    /// <summary>The detection map of the last step that was read, <c>[H, W]</c> from 0 to 1 on the latent grid; empty for a detector that does not say where.</summary>
    public ReadOnlySpan<float> Map
    {
        get
        {
            Refresh?.Invoke();
            return _map;
        }
    }

    /// <summary>At or above it a position of the map shows the concept.</summary>
    public float Threshold { get; }

    /// <summary>Whether the concept was present in some step so far.</summary>
    public bool HasShown { get; private set; }

    /// <summary>The highest value of its maps so far, for a detector that tells of maps.</summary>
    internal float Highest { get; private set; }

    /// <summary>Brings the map up to date before it is read, for a detector that makes its maps only for those who look; null for one that always does.</summary>
    internal Action? Refresh { get; set; }

    /// <summary>The concept, in words; null for a detector that does not say.</summary>
    internal string? Concept { get; init; }

    /// <summary>Says how high a map was.</summary>
    internal void Tell(float highest) => Highest = Math.Max(Highest, highest);

    /// <summary>Says that it is present.</summary>
    public void Show() => HasShown = true;
}
