using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Reporting;

namespace SafeDiffusion;

/// <summary>A picture that was cleaned, and what was done.</summary>
/// <param name="Image">The picture, of the size that was given.</param>
/// <param name="RoundTrip">What the autoencoder alone makes of the given picture: what the region is compared with.</param>
/// <param name="Report">What was done and what it changed.</param>
public sealed record PurifyResult(RgbImage Image, RgbImage RoundTrip, PurifyReport Report)
{
    private const int SheetSide = 192;

    /// <summary>What was detected before anything was changed; null where no guideline was asked.</summary>
    public HeatMap? HeatMap { get; init; }

    /// <summary>The picture before, the heat map over it where there is one, and the picture after, side by side with captions; small ones enlarged.</summary>
    /// <param name="before">The picture that was given.</param>
    public RgbImage Sheet(RgbImage before)
    {
        ArgumentNullException.ThrowIfNull(before);
        List<RgbImage> cells = [Labelled(before, "before")];
        if (HeatMap is not null) cells.Add(Labelled(HeatMap.Render(), "detected"));
        cells.Add(Labelled(Image, Report.Changed ? "after" : "after: nothing changed"));
        return ContactSheet.Compose(cells, cells.Count, gap: 4);
    }

    private static RgbImage Labelled(RgbImage image, string label) =>
        Caption.Below(image.Width < SheetSide ? image.Enlarge(SheetSide / image.Width) : image, label);
}
