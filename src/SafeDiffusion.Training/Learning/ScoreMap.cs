using System.Numerics.Tensors;

namespace SafeDiffusion.Training.Learning;

/// <summary>A way from one token's scores to its map from 0 to 1, and the gradient's way back.</summary>
internal abstract class ScoreMap
{
    /// <summary>Computes a map, <c>[P]</c>.</summary>
    public abstract void Map(ReadOnlySpan<double> scores, Span<double> map);

    /// <summary>Turns the map's gradient into the scores', in place.</summary>
    /// <param name="scores">The scores, <c>[P]</c>.</param>
    /// <param name="map">The map, <c>[P]</c>.</param>
    /// <param name="gradient">The map's gradient on entry, the scores' on return, <c>[P]</c>.</param>
    public abstract void PullBackInPlace(ReadOnlySpan<double> scores, ReadOnlySpan<double> map, Span<double> gradient);
}

/// <summary><c>clamp((s - floor) / (ceiling - floor), 0, 1)</c>.</summary>
internal sealed class ClampedMap(double floor, double ceiling) : ScoreMap
{
    public override void Map(ReadOnlySpan<double> scores, Span<double> map)
    {
        for (int i = 0; i < scores.Length; i++) map[i] = Math.Clamp((scores[i] - floor) / (ceiling - floor), 0, 1);
    }

    public override void PullBackInPlace(ReadOnlySpan<double> scores, ReadOnlySpan<double> map, Span<double> gradient)
    {
        for (int i = 0; i < scores.Length; i++) gradient[i] = scores[i] >= floor && scores[i] <= ceiling ? gradient[i] / (ceiling - floor) : 0;
    }
}

/// <summary><c>σ((s - center) / width)</c>: the clamped map's smooth stand-in, which has a gradient on the most wrong pixels too.</summary>
internal sealed class LogisticMap(double center, double width) : ScoreMap
{
    public override void Map(ReadOnlySpan<double> scores, Span<double> map)
    {
        for (int i = 0; i < scores.Length; i++) map[i] = Logistic.Of((scores[i] - center) / width);
    }

    public override void PullBackInPlace(ReadOnlySpan<double> scores, ReadOnlySpan<double> map, Span<double> gradient)
    {
        for (int i = 0; i < scores.Length; i++) gradient[i] *= map[i] * (1 - map[i]) / width;
    }
}

/// <summary>The paper's words: each map from its own minimum to its own maximum. A constant map is 0.</summary>
internal sealed class PerMap : ScoreMap
{
    public override void Map(ReadOnlySpan<double> scores, Span<double> map)
    {
        (double min, double max) = (TensorPrimitives.Min(scores), TensorPrimitives.Max(scores));
        map.Clear();
        if (max <= min) return;
        for (int i = 0; i < scores.Length; i++) map[i] = (scores[i] - min) / (max - min);
    }

    public override void PullBackInPlace(ReadOnlySpan<double> scores, ReadOnlySpan<double> map, Span<double> gradient)
    {
        (int least, int most) = (TensorPrimitives.IndexOfMin(scores), TensorPrimitives.IndexOfMax(scores));
        double range = scores[most] - scores[least];
        if (range <= 0)
        {
            gradient.Clear();
            return;
        }
        double sum = TensorPrimitives.Sum<double>(gradient) / range;
        double weighted = TensorPrimitives.Dot(gradient, map) / range;
        TensorPrimitives.Divide(gradient, range, gradient);
        gradient[most] -= weighted;
        gradient[least] += weighted - sum;
    }
}
