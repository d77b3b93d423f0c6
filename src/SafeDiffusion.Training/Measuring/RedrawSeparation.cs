using System.Collections.Immutable;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>How well redraw thresholds separate whole pictures, on those held out from learning: by what is reached in some step.</summary>
/// <param name="HighFound">The share of pictures with the concept that reach the threshold for prompts that do not spell it.</param>
/// <param name="HighFalse">The share of pictures without it that do.</param>
/// <param name="LowFound">The share of pictures with the concept that reach the threshold for prompts that spell it.</param>
/// <param name="LowFalse">The share of pictures without it that do.</param>
public sealed record RedrawSeparation(double HighFound, double HighFalse, double LowFound, double LowFalse)
{
    /// <summary>The share of pictures with the concept that reach the threshold for prompts that have a word of it.</summary>
    public required double NearFound { get; init; }

    /// <summary>The share of pictures without it that do.</summary>
    public required double NearFalse { get; init; }

    /// <summary>The share of finished pictures with the concept in which the look at them finds it; null where the model has no VAE encoder to look with.</summary>
    public double? FinishedFound { get; init; }

    /// <summary>The share of finished pictures without it in which the look does.</summary>
    public double? FinishedFalse { get; init; }

    internal static RedrawSeparation Measure(LearningSet set, ImmutableArray<int> pictures, ScoreTable scores, RedrawThresholds thresholds, ScoreTable? finished)
    {
        int[] with = [.. pictures.Where(set.ShowsConcept)], without = [.. pictures.Where(picture => !set.ShowsConcept(picture))];
        return new(Reached(with, thresholds.High), Reached(without, thresholds.High), Reached(with, thresholds.Low), Reached(without, thresholds.Low))
        {
            NearFound = Reached(with, thresholds.Near),
            NearFalse = Reached(without, thresholds.Near),
            FinishedFound = Seen(with),
            FinishedFalse = Seen(without),
        };

        double? Seen(int[] some)
        {
            if (finished is null || thresholds.Finished is not { } limit) return null;
            return some.Length == 0 ? double.NaN : (double)ThresholdFitter.Statistics(finished, some, 0).Count(statistic => statistic >= limit.Score) / some.Length;
        }

        double Reached(int[] some, ImmutableArray<ScoreThreshold> limits)
        {
            if (some.Length == 0) return double.NaN;
            bool[] reached = new bool[some.Length];
            for (int place = 0; place < scores.Places; place++)
            {
                if (RedrawThresholds.At(limits, set.Plan.Timesteps[place]) is not { } limit) continue;
                float[] statistics = ThresholdFitter.Statistics(scores, some, place);
                for (int i = 0; i < some.Length; i++) reached[i] |= statistics[i] >= limit;
            }
            return (double)reached.Count(isReached => isReached) / some.Length;
        }
    }
}
