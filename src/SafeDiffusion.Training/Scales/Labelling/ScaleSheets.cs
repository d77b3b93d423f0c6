using System.Globalization;
using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Training.Scales.Labelling;

/// <summary>Contact sheets to find the best scale by eye: a row per seed, a column per scale.</summary>
internal static class ScaleSheets
{
    private const int Side = 128;

    public static RgbImage Compose(IReadOnlyList<ScaleSeries> rows) => ContactSheet.Compose([.. rows.SelectMany(Row)], rows[0].Scales.Count);

    private static IEnumerable<RgbImage> Row(ScaleSeries series) => series.Images.Select((image, i) => Caption.Below(
        image.Width >= Side ? image : image.Enlarge(Side / image.Width),
        string.Create(CultureInfo.InvariantCulture, $"scale {series.Scales[i]}"), i == 0 ? $"seed {series.Seed}" : "", i == 0 ? series.Prompt : ""));
}
