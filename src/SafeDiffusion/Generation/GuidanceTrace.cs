using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>What the guidances did to one picture, step by step; the report is made from it. Allocated once, before the loop.</summary>
internal sealed class GuidanceTrace(int steps, int guidances)
{
    private readonly (GuidanceOutcome Outcome, float Norm)[] _terms = new (GuidanceOutcome, float)[steps * guidances];
    private readonly int[] _rows = new int[steps];

    public void Record(int step, int guidance, GuidanceOutcome outcome, float norm) => _terms[step * guidances + guidance] = (outcome, norm);

    public void RecordRows(int step, int rows) => _rows[step] = rows;

    /// <summary>The outcome and the Euclidean norm of a guidance's term.</summary>
    public (GuidanceOutcome Outcome, float Norm) Term(int step, int guidance) => _terms[step * guidances + guidance];

    /// <summary>The UNet rows that a step evaluated for this picture.</summary>
    public int Rows(int step) => _rows[step];
}
