namespace SafeDiffusion.Composing;

/// <summary>Estimates the time that is left: what every part of the work was thought to take, times how the parts so far kept to it.</summary>
internal sealed class WorkClock(TimeProvider time, IProgress<ProtectionProgress>? progress)
{
    /// <summary>A pace is worth something from here on.</summary>
    private const double LeastSeconds = 3;

    private readonly Dictionary<string, double> _parts = [];
    private double _doneSeconds;
    private double _thought;
    private long _began;
    private string _part = "";

    /// <summary>The estimate for all parts.</summary>
    public TimeSpan Total => TimeSpan.FromSeconds(_parts.Values.Sum());

    /// <summary>Adds a part of the work, or says anew how long it will take.</summary>
    public void Plan(string part, double seconds) => _parts[part] = seconds;

    /// <summary>How long a part was thought to take.</summary>
    public TimeSpan Of(string part) => TimeSpan.FromSeconds(_parts.GetValueOrDefault(part));

    /// <summary>Begins a part.</summary>
    public void Begin(string part) => (_part, _began) = (part, time.GetTimestamp());

    /// <summary>Ends the part that was begun. What took next to no time was there already, and says nothing of the pace.</summary>
    public void End()
    {
        double took = time.GetElapsedTime(_began).TotalSeconds;
        double thought = _parts.GetValueOrDefault(_part);
        if (took > thought / 10) (_doneSeconds, _thought) = (_doneSeconds + took, _thought + thought);
        _parts.Remove(_part);
        Passed += thought;
        _part = "";
    }

    private double Passed { get; set; }

    /// <summary>Tells how far the work is.</summary>
    /// <param name="stage">What is being done.</param>
    /// <param name="text">The same in words.</param>
    /// <param name="share">The share of the part that is done.</param>
    public void Tell(ProtectionStage stage, string text, double share = 0)
    {
        if (progress is null) return;
        double current = _parts.GetValueOrDefault(_part);
        double left = _parts.Values.Sum() - (current * share);
        double all = Passed + _parts.Values.Sum();
        double pace = _thought > LeastSeconds ? _doneSeconds / _thought : 1;
        progress.Report(new(stage, text, all > 0 ? (all - left) / all : 0, all > 0 ? TimeSpan.FromSeconds(left * pace) : null));
    }
}
