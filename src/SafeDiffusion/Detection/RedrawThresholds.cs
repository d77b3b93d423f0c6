using System.Collections.Immutable;
using System.Numerics;
using System.Numerics.Tensors;

namespace SafeDiffusion.Detection;

/// <summary>A threshold of a guideline's scores at a timestep.</summary>
/// <param name="Timestep">The training timestep.</param>
/// <param name="Score">The threshold, in raw scores.</param>
public readonly record struct ScoreThreshold(int Timestep, float Score);

/// <summary>
/// From where on a picture shows a guideline's concept, by the mean of its highest raw scores: learned from pictures that were drawn without a
/// protection and labelled. Between two timesteps the threshold lies on the line between theirs, below the last it is the last one's, and
/// above the first there is none: the picture says too little there.
/// </summary>
public sealed class RedrawThresholds
{
    /// <summary>The share of the grid whose highest cells count: 8 of 256.</summary>
    public const float Share = 1f / 32;

    private const int MostInserted = 32;

    /// <summary>Values of which only the greatest is looked at first.</summary>
    private const int Groups = 4;

    /// <summary>Makes thresholds.</summary>
    /// <param name="high">For a text that does not spell the concept, from the noisiest timestep down; at least one.</param>
    /// <param name="low">For one that does; at least one.</param>
    /// <param name="near">For one that does not, but has a word of it, as near misses do; the same as <paramref name="high"/> by default.</param>
    /// <exception cref="ArgumentException">One of them is empty, not in order, or not finite.</exception>
    public RedrawThresholds(ImmutableArray<ScoreThreshold> high, ImmutableArray<ScoreThreshold> low, ImmutableArray<ScoreThreshold> near = default)
    {
        if (near.IsDefault) near = high;
        if ((Fault(high) ?? Fault(low) ?? Fault(near)) is { } fault) throw new ArgumentException(fault, nameof(high));
        (High, Low, Near) = (high, low, near);
    }

    /// <summary>For a text that does not spell the concept, from the noisiest timestep down.</summary>
    public ImmutableArray<ScoreThreshold> High { get; }

    /// <summary>For a text that does not spell it but has one of its words, from the noisiest timestep down.</summary>
    public ImmutableArray<ScoreThreshold> Near { get; }

    /// <summary>For a text that spells it, from the noisiest timestep down.</summary>
    public ImmutableArray<ScoreThreshold> Low { get; }

    /// <summary>The threshold at a timestep; null above the first.</summary>
    /// <param name="thresholds"><see cref="High"/>, <see cref="Near"/> or <see cref="Low"/>.</param>
    /// <param name="timestep">The training timestep.</param>
    public static float? At(ImmutableArray<ScoreThreshold> thresholds, int timestep)
    {
        if (timestep > thresholds[0].Timestep) return null;
        int next = 0;
        while (next < thresholds.Length && thresholds[next].Timestep > timestep) next++;
        if (next == thresholds.Length) return thresholds[^1].Score;
        ScoreThreshold below = thresholds[next];
        if (below.Timestep == timestep) return below.Score;
        ScoreThreshold above = thresholds[next - 1];
        return below.Score + (above.Score - below.Score) * (timestep - below.Timestep) / (above.Timestep - below.Timestep);
    }

    /// <summary>The mean of the highest <see cref="Share"/> of a map's raw scores, of at least one.</summary>
    /// <param name="scores">The scores, <c>[H, W]</c>.</param>
    /// <param name="scratch">As long as the scores; written over.</param>
    public static float Statistic(ReadOnlySpan<float> scores, Span<float> scratch)
    {
        int count = Math.Max(1, (int)Math.Round(Share * scores.Length));
        Span<float> highest = Highest(scores, scratch, count);
        return TensorPrimitives.Sum<float>(highest) / count;
    }

    /// <summary>The highest values in rising order; few are kept in order while looking, which sorts no others.</summary>
    private static Span<float> Highest(ReadOnlySpan<float> scores, Span<float> scratch, int count)
    {
        if (count > MostInserted)
        {
            scores.CopyTo(scratch);
            scratch[..scores.Length].Sort();
            return scratch.Slice(scores.Length - count, count);
        }
        Span<float> highest = scratch[..count];
        highest.Fill(float.NegativeInfinity);
        float least = LeastOfHighest(scores, highest);
        highest.Fill(float.NegativeInfinity);
        int at = 0;
        for (; at <= scores.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            if (!Vector.LessThanAll(new Vector<float>(scores[at..]), new Vector<float>(least))) Insert(scores.Slice(at, Vector<float>.Count), highest);
        }
        Insert(scores[at..], highest);
        return highest;
    }

    /// <summary>What the highest are not below: that many values are at least so high, the greatest of as many groups. Most of a map lies below its peak.</summary>
    private static float LeastOfHighest(ReadOnlySpan<float> scores, Span<float> highest)
    {
        Span<float> greatest = stackalloc float[scores.Length / Groups];
        scores[..greatest.Length].CopyTo(greatest);
        for (int group = 1; group < Groups; group++) TensorPrimitives.Max(greatest, scores.Slice(group * greatest.Length, greatest.Length), greatest);
        Insert(greatest, highest);
        return highest[0];
    }

    private static void Insert(ReadOnlySpan<float> scores, Span<float> highest)
    {
        foreach (float score in scores)
        {
            if (score <= highest[0]) continue;
            int place = 1;
            for (; place < highest.Length && highest[place] < score; place++) highest[place - 1] = highest[place];
            highest[place - 1] = score;
        }
    }

    private static string? Fault(ImmutableArray<ScoreThreshold> thresholds)
    {
        if (thresholds.IsDefaultOrEmpty) return "has no redraw threshold; at least one is needed.";
        for (int i = 0; i < thresholds.Length; i++)
        {
            if (!float.IsFinite(thresholds[i].Score)) return "has a redraw threshold that is not a finite number.";
            if (thresholds[i].Timestep < 0 || i > 0 && thresholds[i].Timestep >= thresholds[i - 1].Timestep) return "has redraw thresholds that do not fall from timestep to timestep.";
        }
        return null;
    }
}
