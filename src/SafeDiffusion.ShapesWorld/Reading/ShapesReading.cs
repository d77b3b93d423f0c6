using System.Numerics;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.ShapesWorld.Drawing;

namespace SafeDiffusion.ShapesWorld.Reading;

/// <summary>
/// Reads a picture of the shapes world. A pixel counts as a colour's where it is close to it; parts of one colour are then given the edges
/// around them, which are blends with the ground and would read as another colour on their own.
/// </summary>
/// <param name="Shapes">What was read.</param>
/// <param name="IsClean">Whether nothing substantial was left unread.</param>
internal sealed record ShapesReading(IReadOnlyList<ReadShape> Shapes, bool IsClean)
{
    /// <summary>Below this share of the picture a part is no shape: 40 of 64×64 pixels. The smallest shape has 145.</summary>
    private const double Substantial = 40d / (ShapesPalette.Size * ShapesPalette.Size);

    /// <summary>How far a core's pixel may be from its colour.</summary>
    private const float CoreDistance = 60;

    /// <summary>How far a ground's pixel may be from the ground.</summary>
    private const float GroundDistance = 60;

    /// <summary>How far an edge reaches from its core.</summary>
    private const int EdgeWidth = 3;

    /// <summary>From this share of the colour on a pixel belongs to its part.</summary>
    private const float Half = 0.5f;

    /// <summary>Less than this share of the colour is noise.</summary>
    private const float Faintest = 0.15f;

    /// <summary>From this share on a pixel counts for a shape's extent: less than half, since a star's tips are faint.</summary>
    private const float Faint = 0.35f;

    /// <summary>The least intersection over union of a part with its shape.</summary>
    private const double LeastOverlap = 0.7;

    private static readonly Vector3[] _colors = [.. ShapesPalette.ColorNames.Select(name => ToVector(ShapesPalette.Colors[name]))];
    private static readonly Vector3[] _grounds = [.. ShapesPalette.Grounds.Values.Select(ToVector)];

    public static ShapesReading Of(RgbImage image)
    {
        Vector3[] pixels = new Vector3[image.Width * image.Height];
        ReadOnlySpan<byte> bytes = image.Pixels.Span;
        for (int i = 0; i < pixels.Length; i++) pixels[i] = new Vector3(bytes[3 * i], bytes[(3 * i) + 1], bytes[(3 * i) + 2]);
        Vector3 ground = FindGround(pixels);
        PixelMask[] cores = [.. _colors.Select(_ => new PixelMask(image.Width, image.Height))];
        PixelMask unread = new(image.Width, image.Height);
        for (int i = 0; i < pixels.Length; i++)
        {
            int color = Nearest(pixels[i], _colors);
            float distance = Vector3.Distance(pixels[i], _colors[color]);
            float groundDistance = Vector3.Distance(pixels[i], ground);
            // The edge of a yellow shape on black is close to orange, but lies on the way to yellow.
            cores[color][i] = distance <= CoreDistance && distance < groundDistance && NearestBlend(pixels[i], ground) == color;
            unread[i] = groundDistance > GroundDistance;
        }
        return Read(pixels, ground, cores, unread);
    }

    private static ShapesReading Read(Vector3[] pixels, Vector3 ground, PixelMask[] cores, PixelMask unread)
    {
        int smallest = (int)Math.Ceiling(Substantial * pixels.Length);
        List<ReadShape> shapes = [];
        bool isClean = true;
        for (int color = 0; color < cores.Length; color++)
        {
            CoverMap all = CoverOf(cores[color].Grown(EdgeWidth), pixels, _colors[color], ground);
            foreach (PixelMask part in all.AtLeast(Half).Components(smallest))
            {
                if (part.CountWithin(cores[color]) < smallest / 2) continue;
                CoverMap cover = all.Around(part, EdgeWidth, Half);
                Erase(unread, part.Grown(EdgeWidth));
                ShapeFit fit = ShapeFit.Best(cover, cover.AtLeast(Faint).Box);
                if (fit.Overlap < LeastOverlap) isClean = false;
                else shapes.Add(new ReadShape(ShapesPalette.Label(ShapesPalette.ColorNames[color], fit.Kind), fit.Overlap, part));
            }
        }
        return new ShapesReading([.. shapes.OrderByDescending(shape => shape.Overlap)], isClean && unread.Components(smallest).Count == 0);
    }

    /// <summary>The mean of the pixels of the ground that has the most; the palette's first ground where none has any.</summary>
    private static Vector3 FindGround(Vector3[] pixels)
    {
        Vector3[] palette = [.. _grounds, .. _colors];
        (int Count, Vector3 Sum)[] groups = new (int, Vector3)[palette.Length];
        foreach (Vector3 pixel in pixels)
        {
            int nearest = Nearest(pixel, palette);
            groups[nearest] = (groups[nearest].Count + 1, groups[nearest].Sum + pixel);
        }
        (int count, Vector3 sum) = groups.Take(_grounds.Length).MaxBy(group => group.Count);
        return count == 0 ? _grounds[0] : sum / count;
    }

    private static int Nearest(Vector3 pixel, Vector3[] palette)
    {
        int nearest = 0;
        for (int i = 1; i < palette.Length; i++)
        {
            if (Vector3.DistanceSquared(pixel, palette[i]) < Vector3.DistanceSquared(pixel, palette[nearest])) nearest = i;
        }
        return nearest;
    }

    /// <summary>The share of the colour in the blend with the ground that comes closest to each pixel; 0 outside and where no blend is close.</summary>
    private static CoverMap CoverOf(PixelMask near, Vector3[] pixels, Vector3 color, Vector3 ground)
    {
        CoverMap cover = new(near.Width, near.Height);
        Vector3 way = color - ground;
        for (int i = 0; i < pixels.Length; i++)
        {
            if (!near[i]) continue;
            (float share, float distance) = Blend(pixels[i], way, ground);
            bool isBlend = distance <= CoreDistance;
            if (isBlend && share >= Faintest) cover[i] = share;
        }
        return cover;
    }

    /// <summary>The colour whose blends with the ground come closest to a pixel.</summary>
    private static int NearestBlend(Vector3 pixel, Vector3 ground)
    {
        (int nearest, float least) = (0, float.MaxValue);
        for (int color = 0; color < _colors.Length; color++)
        {
            float distance = Blend(pixel, _colors[color] - ground, ground).Distance;
            if (distance < least) (nearest, least) = (color, distance);
        }
        return nearest;
    }

    /// <summary>The closest blend of the ground with a colour: the colour's share, and how far the pixel is from it.</summary>
    private static (float Share, float Distance) Blend(Vector3 pixel, Vector3 way, Vector3 ground)
    {
        float share = Math.Clamp(Vector3.Dot(pixel - ground, way) / way.LengthSquared(), 0, 1);
        return (share, Vector3.Distance(pixel, ground + (share * way)));
    }

    private static void Erase(PixelMask mask, PixelMask what)
    {
        for (int i = 0; i < mask.Pixels.Length; i++) mask[i] &= !what[i];
    }

    private static Vector3 ToVector(RgbColor color) => new(color.Red, color.Green, color.Blue);
}

/// <summary>A shape that was read.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Overlap">How well it fits, intersection over union.</param>
/// <param name="Mask">Its pixels.</param>
internal sealed record ReadShape(string Label, double Overlap, PixelMask Mask);
