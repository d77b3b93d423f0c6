using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Scales.Labelling;

/// <summary>
/// Takes the smallest scale at which the concept is gone and the picture whole; where none is both, the smallest at which the concept is
/// gone; where it never is, the largest. A derived class says what a picture shows.
/// </summary>
public abstract class ErasureScaleJudge : IScaleJudge
{
    /// <inheritdoc/>
    public abstract string Description { get; }

    /// <inheritdoc/>
    public abstract void Require(ScaleConcept concept);

    /// <inheritdoc/>
    public float? BestScale(ScaleSeries series, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(series);
        IReadOnlyList<ConceptSight> sights = Look(series.Concept, series.Images, cancellationToken);
        // A concept that the prompt did not draw needs no inhibition, whole or not.
        if (!sights[0].Shows) return series.Scales[0];
        int? best = First(sight => sight is { Shows: false, IsWhole: true }) ?? First(sight => !sight.Shows);
        return series.Scales[best ?? series.Scales.Count - 1];

        int? First(Func<ConceptSight, bool> holds)
        {
            for (int i = 0; i < sights.Count; i++)
            {
                if (holds(sights[i])) return i;
            }
            return null;
        }
    }

    /// <summary>Says of each picture whether it shows the concept, and whether it is whole.</summary>
    protected abstract IReadOnlyList<ConceptSight> Look(ScaleConcept concept, IReadOnlyList<RgbImage> images, CancellationToken cancellationToken);
}

/// <summary>What a picture shows.</summary>
/// <param name="Shows">Whether the concept is in it.</param>
/// <param name="IsWhole">Whether nothing in it is broken; true for a judge that cannot tell.</param>
public readonly record struct ConceptSight(bool Shows, bool IsWhole);
