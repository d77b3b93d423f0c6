using System.Diagnostics;

namespace Fuzz.Engine;

/// <summary>Feeds a target with input after input, and keeps those that it fails at.</summary>
internal sealed class Campaign(FuzzTarget target, int seed, FailureFolder failures)
{
    /// <summary>Runs until a number of inputs or a time is reached, whichever comes first.</summary>
    public CampaignFigures Run(long inputs, TimeSpan time)
    {
        CampaignFigures figures = new(target.Name);
        using Watchdog watchdog = new(target, seed, failures);
        long began = Stopwatch.GetTimestamp();
        for (long index = 0; index < inputs && (index == 0 || Stopwatch.GetElapsedTime(began) < time); index++)
        {
            byte[] input = target.Input(seed, index);
            watchdog.Begin(index, input);
            Outcome outcome = Outcome.Of(target, input);
            watchdog.End();
            string? failure = outcome.Failure(target.Bounds);
            figures.Add(outcome, failure);
            if (failure is not null) failures.Keep(target, seed, index, input, failure, outcome.Error);
        }
        figures.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return figures;
    }
}

/// <summary>What a campaign gave.</summary>
internal sealed class CampaignFigures(string target)
{
    private long _accepted;
    private long _refused;
    private TimeSpan _mostTime;
    private long _mostBytes;

    public long Failures { get; private set; }

    public double Seconds { get; set; }

    public static string Heading { get; } = $"{"target",-18} {"inputs",10} {"accepted",10} {"refused",10} {"failures",8} {"s",6} {"most ms",8} {"most MB",8}";

    public void Add(Outcome outcome, string? failure)
    {
        if (failure is not null) Failures++;
        else if (outcome.IsRefusal) _refused++;
        else _accepted++;
        if (outcome.ProcessorTime > _mostTime) _mostTime = outcome.ProcessorTime;
        _mostBytes = Math.Max(_mostBytes, outcome.AllocatedBytes);
    }

    public override string ToString() => FormattableString.Invariant(
        $"{target,-18} {_accepted + _refused + Failures,10} {_accepted,10} {_refused,10} {Failures,8} {Seconds,6:0} {_mostTime.TotalMilliseconds,8:0} {_mostBytes / 1e6,8:0.0}");
}
