using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>The logistic map that explains best which cells of a step show the concept.</summary>
/// <param name="Center">The score at which a cell is as likely the concept's as not.</param>
/// <param name="Width">The score's distance over which the odds grow by a factor of e, above 0.</param>
internal readonly record struct LogisticFit(double Center, double Width)
{
    private const int Rounds = 30;
    private const double LeastSlope = 1e-3;
    private const double MostSlope = 1e3;
    private const double Ridge = 1e-6;

    /// <summary>Fits by Newton's method on standardised scores.</summary>
    public static LogisticFit Of(LearningSet set, IReadOnlyList<int> pictures, ScoreTable scores, int place, double conceptWeight)
    {
        (double mean, double deviation) = Spread(pictures, scores, place);
        (double slope, double offset) = (1, 0);
        for (int round = 0; round < Rounds; round++)
        {
            (double gs, double go, double hss, double hso, double hoo) = (Ridge * slope, 0, Ridge, 0, Ridge);
            foreach (int picture in pictures)
            {
                ReadOnlySpan<float> mask = set.Mask(picture);
                Span<double> row = scores[picture, place];
                for (int i = 0; i < row.Length; i++)
                {
                    double x = (row[i] - mean) / deviation;
                    double map = Logistic.Of((slope * x) + offset);
                    double weight = 1 + (mask[i] * (conceptWeight - 1));
                    (double error, double curvature) = (weight * (map - mask[i]), weight * map * (1 - map));
                    (gs, go) = (gs + (error * x), go + error);
                    (hss, hso, hoo) = (hss + (curvature * x * x), hso + (curvature * x), hoo + curvature);
                }
            }
            double determinant = (hss * hoo) - (hso * hso);
            if (determinant <= 0) break;
            double bySlope = Math.Clamp(((hoo * gs) - (hso * go)) / determinant, -1, 1);
            double byOffset = Math.Clamp(((hss * go) - (hso * gs)) / determinant, -2, 2);
            slope = Math.Clamp(slope - bySlope, LeastSlope, MostSlope);
            offset -= byOffset;
        }
        return new LogisticFit(mean - (offset / slope * deviation), deviation / slope);
    }

    private static (double Mean, double Deviation) Spread(IReadOnlyList<int> pictures, ScoreTable scores, int place)
    {
        (double sum, double squares, long count) = (0, 0, 0);
        foreach (int picture in pictures)
        {
            foreach (double score in scores[picture, place])
            {
                sum += score;
                squares += score * score;
                count++;
            }
        }
        double mean = sum / count;
        return (mean, Math.Max(Math.Sqrt(Math.Max((squares / count) - (mean * mean), 0)), 1e-12));
    }
}
