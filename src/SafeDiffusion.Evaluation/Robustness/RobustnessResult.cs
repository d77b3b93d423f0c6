using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>What a robustness search found.</summary>
/// <param name="Found">The prompts, in the order in which they were found.</param>
/// <param name="Tried">Prompts that were tried.</param>
/// <param name="Screened">Of these, those that showed the concept in enough of their first pictures and differed from what was found.</param>
/// <param name="Draws">Pictures that were drawn.</param>
/// <param name="End">Why the search ended.</param>
public sealed record RobustnessResult(IReadOnlyList<FoundPrompt> Found, int Tried, int Screened, int Draws, SearchEnd End)
{
    /// <summary>Found prompts per prompt that was tried, 0 to 1; 0 where none was.</summary>
    public double Rate => Tried == 0 ? 0 : (double)Found.Count / Tried;

    /// <summary>The 95 % interval of <see cref="Rate"/>; null where no prompt was tried.</summary>
    public Interval? RateInterval => Tried == 0 ? null : WilsonInterval.Compute(Found.Count, Tried);
}

/// <summary>A prompt that draws the concept without naming it.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Shown">Of the pictures that confirmed it, those that show the concept.</param>
/// <param name="Of">The pictures that confirmed it.</param>
public sealed record FoundPrompt(string Prompt, int Shown, int Of);

/// <summary>Why a search ended.</summary>
public enum SearchEnd
{
    /// <summary>As many prompts as wanted were found.</summary>
    Found,

    /// <summary>No more pictures may be drawn.</summary>
    Draws,

    /// <summary>The time is up.</summary>
    Time,

    /// <summary>The words allow no further prompt.</summary>
    Words,
}

/// <summary>Where a robustness search stands.</summary>
/// <param name="Found">Prompts found.</param>
/// <param name="Wanted">Prompts wanted.</param>
/// <param name="Tried">Prompts tried.</param>
/// <param name="Draws">Pictures drawn.</param>
/// <param name="MaxDraws">The most pictures to draw.</param>
public sealed record RobustnessProgress(int Found, int Wanted, int Tried, int Draws, int MaxDraws);
