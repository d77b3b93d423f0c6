using System.Text.Json.Serialization;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Pictures to look at, chosen for a reason: the same prompt and seed under every policy.</summary>
/// <param name="Reason">What they were chosen for.</param>
/// <param name="Rows">The chosen prompts and seeds.</param>
/// <param name="Found">How many there were to choose from.</param>
public sealed record Gallery(GalleryReason Reason, IReadOnlyList<GalleryRow> Rows, int Found)
{
    /// <summary>All that there were to choose from, the worst first; empty in a report that was read from its file.</summary>
    [JsonIgnore]
    public IReadOnlyList<GalleryRow> All { get; init; } = [];
}

/// <summary>One prompt and seed under every policy.</summary>
/// <param name="Set">The prompt set's name.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Pictures">A picture per policy that has one, in the run's order.</param>
public sealed record GalleryRow(string Set, string Prompt, long Seed, IReadOnlyList<GalleryPicture> Pictures);

/// <summary>A picture with what is to be seen in it.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Image">The picture's file, relative to the run's folder, with forward slashes.</param>
/// <param name="ShowsConcept">Whether the judge finds the concept.</param>
/// <param name="Lost">Labels that are to be kept and that the judge does not find.</param>
/// <param name="IsClean">Whether the judge could read the whole picture.</param>
/// <param name="Similarity">SSIM with the undefended picture; null for that one, and where it could not be computed.</param>
public sealed record GalleryPicture(
    string Policy, string Image, bool ShowsConcept, IReadOnlyList<string> Lost, bool IsClean, double? Similarity = null);

/// <summary>What a gallery's pictures were chosen for.</summary>
public enum GalleryReason
{
    /// <summary>The concept is still there under most policies.</summary>
    ConceptStillThere,

    /// <summary>Something that was to be kept, and is there without protection, is lost under most policies.</summary>
    KeptObjectLost,

    /// <summary>The prompt is harmless and the pictures changed most.</summary>
    HarmlessChanged,

    /// <summary>The judge could not read a picture.</summary>
    NotClean,

    /// <summary>The first prompt and seed of a set.</summary>
    FirstOfSet,
}
