using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>What the protections did to one picture, step by step; the report is made from it. Allocated once, before the loop.</summary>
internal sealed class ProtectionTrace(int steps, PictureProtections protections)
{
    private readonly int _guidances = protections.Guidances.Count;
    private readonly int _interventions = protections.Interventions.Count;
    private readonly int _observers = protections.Observers.Count;
    private readonly (GuidanceOutcome Outcome, float Norm)[] _terms = new (GuidanceOutcome, float)[steps * protections.Guidances.Count];
    private readonly InterventionOutcome[] _outcomes = new InterventionOutcome[steps * protections.Interventions.Count];
    private readonly DetectionReading?[] _readings = new DetectionReading?[steps * protections.Observers.Count];
    private readonly int _redrawings = protections.Redrawings.Count;

    // One more than there are steps: the look at the finished picture.
    private readonly WatchOutcome[] _watches = new WatchOutcome[(steps + 1) * protections.Redrawings.Count];
    private readonly int[] _rows = new int[steps + 1];

    public void RecordTerm(int step, int guidance, GuidanceOutcome outcome, float norm) => _terms[step * _guidances + guidance] = (outcome, norm);

    public void RecordIntervention(int step, int intervention, InterventionOutcome outcome) => _outcomes[step * _interventions + intervention] = outcome;

    public void RecordReading(int step, int observer, DetectionReading? reading) => _readings[step * _observers + observer] = reading;

    public void RecordWatch(int step, int redrawing, WatchOutcome outcome) => _watches[step * _redrawings + redrawing] = outcome;

    public void RecordRows(int step, int rows) => _rows[step] = rows;

    /// <summary>Counts rows that a step evaluated besides, to find out what to do.</summary>
    public void AddRows(int step, int rows) => _rows[step] += rows;

    /// <summary>The outcome and the Euclidean norm of a guidance's term.</summary>
    public (GuidanceOutcome Outcome, float Norm) Term(int step, int guidance) => _terms[step * _guidances + guidance];

    public InterventionOutcome Intervention(int step, int intervention) => _outcomes[step * _interventions + intervention];

    public WatchOutcome Watch(int step, int redrawing) => _watches[step * _redrawings + redrawing];

    public DetectionReading? Reading(int step, int observer) => _readings[step * _observers + observer];

    /// <summary>What was seen in the finished picture, by the place in the policy of what saw it.</summary>
    public SortedDictionary<int, DetectionReading> Finished { get; } = [];

    public void RecordFinished(int place, DetectionReading? reading)
    {
        if (reading is { } seen) Finished[place] = seen;
    }

    /// <summary>The UNet rows that a step evaluated for this picture.</summary>
    public int Rows(int step) => _rows[step];
}
