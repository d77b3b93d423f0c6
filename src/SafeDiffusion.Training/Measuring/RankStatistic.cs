namespace SafeDiffusion.Training.Measuring;

/// <summary>The area under the ROC curve.</summary>
internal static class RankStatistic
{
    /// <summary>By ranks: how often one of the positive has a higher score than one of the others; equal scores count half. Not a number where one kind is missing.</summary>
    /// <param name="scores">The scores; sorted in place.</param>
    public static double AucInPlace(List<(double Score, bool IsPositive)> scores)
    {
        scores.Sort((left, right) => left.Score.CompareTo(right.Score));
        (double ranks, long positive) = (0, 0);
        for (int first = 0, next; first < scores.Count; first = next)
        {
            next = first + 1;
            while (next < scores.Count && scores[next].Score == scores[first].Score) next++;
            double rank = (first + 1 + next) / 2.0;
            for (int i = first; i < next; i++)
            {
                if (!scores[i].IsPositive) continue;
                ranks += rank;
                positive++;
            }
        }
        long others = scores.Count - positive;
        return positive == 0 || others == 0 ? double.NaN : (ranks - (positive * (positive + 1) / 2.0)) / ((double)positive * others);
    }
}
