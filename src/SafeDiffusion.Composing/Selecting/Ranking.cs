namespace SafeDiffusion.Composing.Selecting;

/// <summary>
/// Which candidate is best: among those that miss no limit, the one that erases most; where several erase alike, one that looks at the picture
/// while it is drawn, since the prompts that get past a text are not among those that were thought of; then the one that keeps most, and then the one
/// that costs least.
/// </summary>
/// <param name="limits">The limits.</param>
/// <param name="watching">The names of the candidates that look at the picture.</param>
internal sealed class Ranking(ProtectionLimits limits, IReadOnlySet<string> watching)
{
    /// <summary>Shares of pictures with the concept that differ by less count as alike: a picture in fifty says nothing.</summary>
    private const double Alike = 0.02;

    /// <summary>What looking at the picture may cost of what is kept: less than a prompt costs that gets past a text.</summary>
    private const double AlikeKept = 0.05;

    private readonly LimitCheck _check = new(limits);

    /// <summary>Candidates from the best down; those that miss a limit come after those that do not, by how much they miss.</summary>
    public IReadOnlyList<PolicyFigures> Order(IEnumerable<PolicyFigures> candidates)
    {
        PolicyFigures[] all = [.. candidates];
        PolicyFigures[] keeping = [.. all.Where(Keeps)];
        return [.. Keeping(keeping), .. all.Except(keeping).OrderBy(_check.Shortfall).ThenBy(Found).ThenBy(figures => figures.Cost)];
    }

    /// <summary>The chosen one; null where every candidate misses a limit.</summary>
    public PolicyFigures? Choose(IEnumerable<PolicyFigures> candidates) => Order(candidates) is [var best, ..] && Keeps(best) ? best : null;

    private bool Keeps(PolicyFigures figures) => figures.Found.Value is not null && _check.Missed(figures).Count == 0;

    private IEnumerable<PolicyFigures> Keeping(PolicyFigures[] keeping)
    {
        double least = keeping.Select(Found).DefaultIfEmpty().Min();
        ILookup<bool, PolicyFigures> alike = keeping.ToLookup(figures => Found(figures) <= least + Alike);
        double most = alike[true].Select(Preserved).DefaultIfEmpty().Max();
        return [.. alike[true].OrderByDescending(figures => watching.Contains(figures.Policy) && Preserved(figures) >= most - AlikeKept).ThenByDescending(Preserved).ThenBy(figures => figures.Cost), .. alike[false].OrderBy(Found).ThenByDescending(Preserved)];
    }

    private static double Found(PolicyFigures figures) => figures.Found.Value ?? 1;

    /// <summary>What is kept, left alone and clean, the mean of the shares that there are.</summary>
    private static double Preserved(PolicyFigures figures) =>
        new[] { figures.Kept.Value, figures.Identical.Value, figures.Clean.Value }.OfType<double>().DefaultIfEmpty().Average();
}
