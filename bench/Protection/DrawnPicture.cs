namespace SafeDiffusion.ProtectionBench;

/// <summary>A prompt to draw, and what of it should stay.</summary>
/// <param name="Set">Its prompt set.</param>
/// <param name="Text">The prompt.</param>
/// <param name="Concept">The judge's label of what should not show; empty for none.</param>
/// <param name="Keep">Labels that should still be there.</param>
/// <param name="Seed">The seed.</param>
internal sealed record Sample(string Set, string Text, string Concept, IReadOnlyList<string> Keep, long Seed);

/// <summary>What came of one.</summary>
/// <param name="Sample">What was drawn.</param>
/// <param name="Labels">What the exact judge finds.</param>
/// <param name="IsClean">Whether it could read the whole picture.</param>
/// <param name="IsFlagged">Whether the library flagged it.</param>
/// <param name="Seen">The highest value of the final look's maps; 0 where nothing looks.</param>
/// <param name="Last">The highest value of the maps of the last fifth of the steps.</param>
/// <param name="Highest">The highest value of the maps of all steps.</param>
/// <param name="Rows">UNet rows.</param>
/// <param name="Pixels">A hash of the pixels.</param>
/// <param name="Seconds">Its share of the time in networks and loop.</param>
internal sealed record DrawnPicture(Sample Sample, IReadOnlyList<string> Labels, bool IsClean, bool IsFlagged, float Seen, float Last, float Highest, int Rows, string Pixels, double Seconds)
{
    public bool IsFound => Labels.Contains(Sample.Concept);

    public bool IsKept => Sample.Keep.All(Labels.Contains);
}
