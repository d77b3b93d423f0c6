using SafeDiffusion.Training.Recording;

namespace SafeDiffusion.Training.Learning;

/// <summary>Weights of cells, which grow where harmless pictures score highest.</summary>
internal sealed class HardCells
{
    private const float Growth = 3;
    private const int Share = 32;

    private readonly float[] _weights;
    private readonly FeaturePlan _plan;

    public HardCells(int pictures, FeaturePlan plan)
    {
        _plan = plan;
        _weights = new float[pictures * plan.Steps.Length * plan.Positions];
        Array.Fill(_weights, 1);
    }

    /// <summary>A picture's weights at a kept step, <c>[P]</c>, 1 at first.</summary>
    public ReadOnlySpan<float> this[int picture, int place] => Row(picture, place);

    /// <summary>Multiplies the weights of the cells that score highest in each of some pictures at each step.</summary>
    public void Raise(LearningSet set, IEnumerable<int> pictures, ReadOnlySpan<double> token, CancellationToken cancellationToken)
    {
        double[] scores = new double[_plan.Positions];
        int[] cells = new int[_plan.Positions];
        foreach (int picture in pictures)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int place = 0; place < _plan.Steps.Length; place++)
            {
                TokenScores.Compute(token, set.Features(picture, place), scores);
                for (int i = 0; i < cells.Length; i++) cells[i] = i;
                // Equal scores stay in the cells' order, so that the result is the same every time.
                Array.Sort(cells, (left, right) => scores[left] != scores[right] ? scores[right].CompareTo(scores[left]) : left - right);
                foreach (int cell in cells.AsSpan(0, Math.Max(1, cells.Length / Share))) Row(picture, place)[cell] *= Growth;
            }
        }
    }

    private Span<float> Row(int picture, int place) => _weights.AsSpan(((picture * _plan.Steps.Length) + place) * _plan.Positions, _plan.Positions);
}
