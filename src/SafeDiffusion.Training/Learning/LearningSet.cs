using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Training.Recording;

namespace SafeDiffusion.Training.Learning;

/// <summary>Pictures' masks on the latent grid and their cached features. Not for several threads: the features are read into one buffer.</summary>
/// <param name="cache">The features.</param>
/// <param name="places">The pictures' places in the cache.</param>
/// <param name="masks">The masks by picture, <c>[P]</c> each: the share of each cell that shows the concept.</param>
internal sealed class LearningSet(FeatureCache cache, IReadOnlyList<int> places, IReadOnlyList<float[]> masks)
{
    /// <summary>A cell counts as the concept's from this share on.</summary>
    public const float Covered = 0.5f;

    private readonly float[] _singles = new float[cache.Plan.Width * cache.Plan.Positions];
    private readonly double[] _features = new double[cache.Plan.Width * cache.Plan.Positions];

    public FeaturePlan Plan => cache.Plan;

    public int Pictures => masks.Count;

    /// <summary>A picture's mask, <c>[P]</c>, 0 to 1.</summary>
    public ReadOnlySpan<float> Mask(int picture) => masks[picture];

    /// <summary>Whether a picture shows the concept: some cell is covered.</summary>
    public bool ShowsConcept(int picture) => masks[picture].Any(share => share >= Covered);

    /// <summary>Features of a picture at a kept step, <c>[D, P]</c>; hold until the next call.</summary>
    public ReadOnlySpan<double> Features(int picture, int place)
    {
        cache.Read(places[picture], place, _singles);
        TensorPrimitives.ConvertSaturating<float, double>(_singles, _features);
        return _features;
    }

    /// <summary>Every kept step's scores of a token in every picture.</summary>
    /// <param name="token">The token, <c>[D]</c>.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public ScoreTable Score(ReadOnlySpan<double> token, CancellationToken cancellationToken)
    {
        ScoreTable table = new(Pictures, Plan.Steps.Length, Plan.Positions);
        for (int picture = 0; picture < Pictures; picture++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int place = 0; place < Plan.Steps.Length; place++) TokenScores.Compute(token, Features(picture, place), table[picture, place]);
        }
        return table;
    }
}

/// <summary>Scores by picture and kept step, <c>[P]</c> each.</summary>
internal sealed class ScoreTable(int pictures, int places, int positions)
{
    private readonly double[] _scores = new double[(long)pictures * places * positions];

    public int Places => places;

    public Span<double> this[int picture, int place] => _scores.AsSpan(((picture * places) + place) * positions, positions);

    /// <summary>The highest score of a picture at a step.</summary>
    public double Highest(int picture, int place) => TensorPrimitives.Max<double>(this[picture, place]);
}

/// <summary>Which pictures are learned from, which end the learning and calibrate, and which only measure.</summary>
/// <param name="Learned">Pictures that are learned from.</param>
/// <param name="Checked">Pictures that say when to stop.</param>
/// <param name="HeldOut">Pictures that are only measured on.</param>
internal sealed record PictureSplit(ImmutableArray<int> Learned, ImmutableArray<int> Checked, ImmutableArray<int> HeldOut);
