namespace SafeDiffusion.Evaluation.Metrics.Formulas;

/// <summary>
/// A figure: a value with its interval and the number of samples, or an error with its reason. A metric that could not be computed
/// is an error, never a number.
/// </summary>
public sealed record Measurement
{
    /// <summary>The value, finite; null where it could not be computed.</summary>
    public double? Value { get; init; }

    /// <summary>The 95 % interval; null where there is no value, or where one sample says nothing of the spread.</summary>
    public Interval? Interval { get; init; }

    /// <summary>The value's standard error, where it was estimated; null where not.</summary>
    public double? StandardError { get; init; }

    /// <summary>The number of samples that the value rests on.</summary>
    public int Samples { get; init; }

    /// <summary>Why there is no value, as a clause; null where there is one.</summary>
    public string? Error { get; init; }

    /// <summary>A value.</summary>
    /// <param name="value">The value, finite.</param>
    /// <param name="samples">The number of samples, at least 1.</param>
    /// <param name="interval">Its interval; null for none.</param>
    /// <param name="standardError">Its standard error; null for none.</param>
    /// <exception cref="ArgumentException">The value is not finite, or there is no sample.</exception>
    public static Measurement Of(double value, int samples, Interval? interval = null, double? standardError = null)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"A figure must be a finite number, and is {value}.", nameof(value));
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        return new() { Value = value, Samples = samples, Interval = interval, StandardError = standardError };
    }

    /// <summary>An error.</summary>
    /// <param name="reason">Why there is no value, as a clause.</param>
    /// <param name="samples">The number of samples there were.</param>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public static Measurement Failed(string reason, int samples = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new() { Error = reason, Samples = samples };
    }
}

/// <summary>A 95 % interval.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High);
