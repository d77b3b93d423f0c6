using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.ShapesWorld.Drawing;
using SafeDiffusion.ShapesWorld.Reading;

namespace SafeDiffusion.ShapesWorld;

/// <summary>
/// Reads pictures of the shapes model without a learned network: parts of one palette colour, each compared with the six shapes as they
/// are drawn. A finding's score is the intersection over union with its shape.
/// </summary>
/// <param name="name">The judge's name in the suite.</param>
public sealed class ShapesJudge(string name) : IImageJudge
{
    // To be counted up whenever a picture may be judged differently than before.
    private const string Version = "shapes judge 1";

    private static readonly string _fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Version)));

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint;

    /// <summary>The 36 labels in the learned judge's order: <c>red circle</c>, <c>red square</c>, …</summary>
    public ImmutableArray<string> Labels => ShapesPalette.Labels;

    /// <inheritdoc/>
    public IReadOnlyList<Judgement> Judge(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        Judgement[] judgements = new Judgement[images.Count];
        Parallel.For(0, images.Count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            ShapesReading reading = ShapesReading.Of(images[i]);
            judgements[i] = new Judgement([.. reading.Shapes.Select(shape => new Finding(shape.Label, shape.Overlap, shape.Mask.Box))], reading.IsClean);
        });
        return judgements;
    }

    /// <summary>The pixels of everything with a label in a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="label">One of <see cref="Labels"/>.</param>
    /// <returns>[H, W], row by row: whether the pixel belongs to it. All false where the picture does not show it.</returns>
    /// <exception cref="ArgumentException">There is no such label.</exception>
    public static bool[] FindMask(RgbImage image, string label)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!ShapesPalette.Labels.Contains(label)) throw new ArgumentException($"There is no label '{label}'.", nameof(label));
        bool[] pixels = new bool[image.Width * image.Height];
        foreach (ReadShape shape in ShapesReading.Of(image).Shapes.Where(shape => shape.Label == label))
        {
            for (int i = 0; i < pixels.Length; i++) pixels[i] |= shape.Mask[i];
        }
        return pixels;
    }

    /// <summary>Does nothing: there is no network to free.</summary>
    public void Dispose()
    {
    }
}
