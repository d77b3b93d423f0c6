using System.Collections.Immutable;
using System.Globalization;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Measuring;

/// <summary>Lays maps over pictures: dark where the map is 0, the picture's own colours with a yellow tint where it is 1.</summary>
internal static class MapSheet
{
    private const int Side = 192;
    private const int WithConcept = 6;
    private const int WithoutConcept = 4;
    private const double Dark = 0.25;

    /// <summary>
    /// A row per held-out picture: the picture, then its map in an early, a middle and a late step. Below stand the picture's number and
    /// whether it shows the concept; the map's step with its timestep, and its highest value.
    /// </summary>
    public static RgbImage Compose(
        LearningSet set, IReadOnlyList<RgbImage> images, ImmutableArray<int> heldOut, ScoreTable scores, ImmutableArray<CalibrationBand> calibration, int gridWidth)
    {
        int last = scores.Places - 1;
        int[] places = [last / 8, last / 2, last];
        IEnumerable<int> shown = heldOut.Where(set.ShowsConcept).Take(WithConcept).Concat(heldOut.Where(picture => !set.ShowsConcept(picture)).Take(WithoutConcept));
        List<RgbImage> cells = [];
        foreach (int picture in shown)
        {
            cells.Add(Caption.Below(Enlarged(images[picture]), $"picture {picture}", set.ShowsConcept(picture) ? "with the concept" : "without the concept"));
            foreach (int place in places)
            {
                CalibrationBand band = calibration[^(place + 1)];
                RgbImage map = Enlarged(Overlay(images[picture], scores[picture, place], band, gridWidth));
                string highest = Map(scores.Highest(picture, place), band).ToString("0.00", CultureInfo.InvariantCulture);
                cells.Add(Caption.Below(map, $"step {set.Plan.Steps[place]}, t {set.Plan.Timesteps[place]}", $"max {highest}"));
            }
        }
        return ContactSheet.Compose(cells, 1 + places.Length);
    }

    private static RgbImage Enlarged(RgbImage image) => image.Width >= Side ? image : image.Enlarge(Side / image.Width);

    private static RgbImage Overlay(RgbImage image, ReadOnlySpan<double> scores, CalibrationBand band, int gridWidth)
    {
        int gridHeight = scores.Length / gridWidth;
        byte[] pixels = image.Pixels.ToArray();
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            int cell = (i / image.Width * gridHeight / image.Height * gridWidth) + (i % image.Width * gridWidth / image.Width);
            Tint(pixels.AsSpan(3 * i, 3), Map(scores[cell], band));
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private static double Map(double score, CalibrationBand band) => Math.Clamp((score - band.Floor) / (band.Ceiling - band.Floor), 0, 1);

    private static void Tint(Span<byte> pixel, double map)
    {
        double brightness = Dark + ((1 - Dark) * map);
        double tint = 0.35 * map;
        ReadOnlySpan<double> yellow = [255, 230, 0];
        for (int c = 0; c < 3; c++) pixel[c] = (byte)Math.Round((pixel[c] * brightness * (1 - tint)) + (yellow[c] * tint));
    }
}
