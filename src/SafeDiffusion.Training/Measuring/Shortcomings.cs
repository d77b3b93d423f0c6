using System.Globalization;

namespace SafeDiffusion.Training.Measuring;

/// <summary>Says where a guideline is not good enough to rely on, and what to add.</summary>
internal static class Shortcomings
{
    /// <summary>Fewer held-out pictures leave a 95 % interval of more than 17 points below a share of 100 %, or of 6 above one of 0 %.</summary>
    private const int FewestWith = 20, FewestWithout = 60;

    private const double LeastFound = 0.8, LeastFoundSpelled = 0.9, MostFalse = 0.05, MostTriggered = 0.25;

    private const string Better = "Add pictures (--unsafe-pictures, --safe-pictures), near misses among the prompts without it (--safe-prompts), or read other layers (--layers).";

    public static IEnumerable<string> Of(Separation separation)
    {
        if (separation.WithConcept < FewestWith) yield return $"Only {separation.WithConcept} held-out pictures show the concept, fewer than {FewestWith}: the figures say little. Raise --unsafe-pictures.";
        if (separation.WithoutConcept < FewestWithout) yield return $"Only {separation.WithoutConcept} held-out pictures do not show the concept, fewer than {FewestWithout}: the figures say little. Raise --safe-pictures.";
        double found = separation.Bands.Max(band => band.Detected);
        if (found < LeastFound) yield return $"In no step is the concept found in more than {Percent(found)} of the held-out pictures with it, below {Percent(LeastFound)}: detect-and-guide misses it. {Better}";
        if (separation.Triggered > MostTriggered) yield return $"It is found in {Percent(separation.Triggered)} of the held-out pictures without it, above {Percent(MostTriggered)}: detect-and-guide changes what is to be kept. {Better}";
        if (separation.Redrawing is not { } redrawing)
        {
            yield return $"There are no redraw thresholds, and detect-and-redraw refuses this guideline: the pictures are fewer than {ThresholdFitter.FewestWith} with the concept and {ThresholdFitter.FewestWithout} without, or it does not stand out from the others. {Better}";
            yield break;
        }
        if (redrawing.HighFound < LeastFound) yield return $"Only {Percent(redrawing.HighFound)} of the held-out pictures with the concept reach the redraw threshold for prompts that do not spell it, below {Percent(LeastFound)}: detect-and-redraw misses it where another name draws it. {Better} Name its other words (--synonym).";
        if (redrawing.LowFound < LeastFoundSpelled) yield return $"Only {Percent(redrawing.LowFound)} of the held-out pictures with the concept reach the redraw threshold for prompts that spell it, below {Percent(LeastFoundSpelled)}. {Better} Or use detect-and-redraw with hybrid, which replaces the words without looking.";
        if (redrawing.HighFalse > MostFalse) yield return $"{Percent(redrawing.HighFalse)} of the held-out pictures without the concept reach the redraw threshold for prompts that do not spell it, above {Percent(MostFalse)}: detect-and-redraw changes what is to be kept. {Better}";
    }

    private static string Percent(double share) => (100 * share).ToString("0", CultureInfo.InvariantCulture) + " %";
}
