using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>
    /// From where on a finished picture shows it, under the empty text, noised to the timestep at which finished pictures are looked at; null for
    /// thresholds that were learned without, by which a finished picture is only flagged.
    /// </summary>
    /// <exception cref="ArgumentException">It is not a finite number, or at no timestep.</exception>
    public ScoreThreshold? Finished
    {
        get;
        init
        {
            if (value is { } finished && Fault([finished]) is { } fault) throw new ArgumentException(fault, nameof(value));
            field = value;
        }
    }

    /// <summary>All of them.</summary>
    internal IEnumerable<ScoreThreshold> All => [.. High, .. Low, .. Near, .. Finished is { } finished ? [finished] : Array.Empty<ScoreThreshold>()];

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
        if (count <= Vector256<float>.Count && scores.Length >= Vector256<float>.Count && Avx2.IsSupported)
        {
            HighestEight(scores).CopyTo(scratch);
            return scratch[(Vector256<float>.Count - count)..Vector256<float>.Count];
        }
        Span<float> highest = scratch[..count];
        highest.Fill(float.NegativeInfinity);
        foreach (float score in scores)
        {
            if (score <= highest[0]) continue;
            int place = 1;
            for (; place < count && highest[place] < score; place++) highest[place - 1] = highest[place];
            highest[place - 1] = score;
        }
        return highest;
    }

    /// <summary>The eight highest values in rising order. Without a branch: which of a map's values are high no processor guesses, and each wrong guess costs more than what it saves.</summary>
    private static Vector256<float> HighestEight(ReadOnlySpan<float> scores)
    {
        // Each waits for its own last value only.
        Vector256<float> first = Vector256.Create(float.NegativeInfinity), second = first, third = first, fourth = first;
        int at = 0;
        for (; at <= scores.Length - 4; at += 4)
        {
            first = With(scores[at], first);
            second = With(scores[at + 1], second);
            third = With(scores[at + 2], third);
            fourth = With(scores[at + 3], fourth);
        }
        for (; at < scores.Length; at++) first = With(scores[at], first);
        for (int i = 0; i < Vector256<float>.Count; i++) first = With(fourth[i], With(third[i], With(second[i], first)));
        return first;
    }

    /// <summary>The eight highest of nine, in rising order: each stays or takes the value's or its higher neighbour's place, whichever is lower.</summary>
    private static Vector256<float> With(float value, Vector256<float> rising)
    {
        Vector256<float> neighbours = Avx.Blend(Avx2.PermuteVar8x32(rising, Vector256.Create(1, 2, 3, 4, 5, 6, 7, 7)), Vector256.Create(float.PositiveInfinity), 0x80);
        return Avx.Max(rising, Avx.Min(Vector256.Create(value), neighbours));
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
