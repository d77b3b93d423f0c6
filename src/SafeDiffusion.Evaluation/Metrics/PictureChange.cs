using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Imaging.Comparing;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>How far a picture is from the undefended one.</summary>
/// <param name="Similarity">SSIM; NaN where it could not be computed.</param>
/// <param name="SignalToNoise">PSNR; infinite for identical pictures, NaN where it could not be computed.</param>
/// <param name="Error">Why a number could not be computed; null where both could.</param>
internal readonly record struct PictureChange(double Similarity, double SignalToNoise, string? Error)
{
    /// <summary>The changes of all defended pictures that have an undefended one, by the picture.</summary>
    public static Dictionary<PictureResult, PictureChange> OfAll(ResultTable table, Func<string, RgbImage> load, CancellationToken cancellationToken)
    {
        // By undefended picture, so that each is loaded once and none is kept.
        var pairs = table.All.Where(result => result.Policy != table.Run.Undefended)
            .Select(result => (Defended: result, Undefended: table.UndefendedOf(result)))
            .Where(pair => pair.Undefended is not null).GroupBy(pair => pair.Undefended!, ReferenceComparer.Instance);
        return new(pairs.AsParallel().WithCancellation(cancellationToken)
            .SelectMany(group => Of(group.Key, [.. group.Select(pair => pair.Defended)], load)), ReferenceComparer.Instance);
    }

    private static IEnumerable<KeyValuePair<PictureResult, PictureChange>> Of(
        PictureResult undefended, PictureResult[] defended, Func<string, RgbImage> load)
    {
        Lazy<RgbImage> original = new(() => load(undefended.Image));
        Dictionary<string, PictureChange> known = [];
        foreach (PictureResult result in defended)
        {
            if (!known.TryGetValue(result.PixelsHash, out PictureChange change))
            {
                known[result.PixelsHash] = change = result.PixelsHash == undefended.PixelsHash
                    ? new(1, double.PositiveInfinity, null)
                    : Compare(() => original.Value, () => load(result.Image));
            }
            yield return KeyValuePair.Create(result, change);
        }
    }

    private static PictureChange Compare(Func<RgbImage> first, Func<RgbImage> second)
    {
        try
        {
            (RgbImage x, RgbImage y) = (first(), second());
            return new(StructuralSimilarity.Compute(x, y), PeakSignalToNoise.Compute(x, y), null);
        }
        catch (Exception error) when (error is SafeDiffusionException or ArgumentException)
        {
            return new(double.NaN, double.NaN, error.Message);
        }
    }
}

/// <summary>Results as keys by identity: their lists make comparison by value slow and pointless.</summary>
internal sealed class ReferenceComparer : IEqualityComparer<PictureResult>
{
    public static ReferenceComparer Instance { get; } = new();

    public bool Equals(PictureResult? x, PictureResult? y) => ReferenceEquals(x, y);

    public int GetHashCode(PictureResult result) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(result);
}
