using SafeDiffusion.Instrumentation.Quantization;

namespace SafeDiffusion.Quantizing;

/// <summary>How often a value's numbers occur, in equal bins about zero that double when a number lies beyond them.</summary>
internal sealed class ValueHistogram
{
    private const int Bins = 8192;
    private const int Candidates = 96;
    private readonly long[] _counts = new long[Bins];
    private double _reach = 1e-6;

    private double Width => 2 * _reach / Bins;

    /// <summary>Counts numbers.</summary>
    public void Add(ReadOnlySpan<float> values)
    {
        double largest = Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(values));
        while (largest >= _reach) Double();
        float scale = (float)(1 / Width);
        foreach (float value in values) _counts[Math.Clamp((int)((value * scale) + (Bins / 2)), 0, Bins - 1)]++;
    }

    /// <summary>The range whose 256 levels come nearest to the numbers, by the mean square: what is cut off weighs against how fine the levels are.</summary>
    public ValueRange Best()
    {
        (double[] count, double[] sum, double[] squares) = Cumulated();
        int first = Array.FindIndex(_counts, bin => bin > 0), last = Array.FindLastIndex(_counts, bin => bin > 0);
        double low = Math.Min(0, Edge(first)), high = Math.Max(0, Edge(last + 1));
        double least = low, most = high;
        for (int round = 0; round < 2; round++)
        {
            most = Least(candidate => Error(least, candidate), high);
            least = Least(candidate => Error(candidate, most), low);
        }
        return new((float)least, (float)most);

        double Error(double from, double to)
        {
            double step = (to - from) / byte.MaxValue;
            int below = Bin(from), above = Bin(to);
            double cut = squares[below] - (2 * from * sum[below]) + (from * from * count[below]);
            double over = squares[^1] - squares[above] - (2 * to * (sum[^1] - sum[above])) + (to * to * (count[^1] - count[above]));
            return cut + over + (count[above] - count[below]) * step * step / 12;
        }

        double Least(Func<double, double> error, double end) => Enumerable.Range(1, Candidates).Select(i => end * i / Candidates).MinBy(error);

        int Bin(double value) => Math.Clamp((int)Math.Round((value + _reach) / Width), 0, Bins);
    }

    private double Edge(int bin) => (bin * Width) - _reach;

    private (double[] Count, double[] Sum, double[] Squares) Cumulated()
    {
        double[] count = new double[Bins + 1], sum = new double[Bins + 1], squares = new double[Bins + 1];
        for (int i = 0; i < Bins; i++)
        {
            double middle = Edge(i) + (Width / 2);
            count[i + 1] = count[i] + _counts[i];
            sum[i + 1] = sum[i] + (_counts[i] * middle);
            squares[i + 1] = squares[i] + (_counts[i] * middle * middle);
        }
        return (count, sum, squares);
    }

    private void Double()
    {
        long[] merged = new long[Bins];
        for (int i = 0; i < Bins; i++) merged[(Bins / 4) + (i / 2)] += _counts[i];
        merged.CopyTo(_counts, 0);
        _reach *= 2;
    }
}
