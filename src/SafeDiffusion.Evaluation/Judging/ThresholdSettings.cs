using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>The score from which a label counts as found: one for all, or others for single labels.</summary>
internal static class ThresholdSettings
{
    /// <summary>Refuses a threshold that is not from 0 to 1.</summary>
    public static void Validate(double threshold, ImmutableDictionary<string, double>? thresholds, FieldCheck check)
    {
        check.RequireRange(threshold, 0, 1, "threshold");
        foreach ((string label, double value) in thresholds ?? []) check.RequireRange(value, 0, 1, $"thresholds.{label}");
    }

    /// <summary>A threshold per label.</summary>
    /// <exception cref="InvalidRequestException">A threshold is given for what is no label.</exception>
    public static ImmutableArray<double> ForLabels(ImmutableArray<string> labels, double threshold, ImmutableDictionary<string, double>? thresholds)
    {
        string? unknown = thresholds?.Keys.Except(labels).Order(StringComparer.Ordinal).FirstOrDefault();
        if (unknown is not null) throw new InvalidRequestException($"judge.thresholds.{unknown}", "is none of the judge's labels.");
        return [.. labels.Select(label => thresholds is not null && thresholds.TryGetValue(label, out double own) ? own : threshold)];
    }
}
