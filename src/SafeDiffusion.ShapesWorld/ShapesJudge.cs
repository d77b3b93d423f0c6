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
public sealed class ShapesJudge : IImageJudge
{
    // To be counted up whenever a picture may be judged differently than before.
    private const string Version = "shapes judge 1";

    private readonly ImmutableArray<string> _parts;

    /// <summary>Makes a judge.</summary>
    /// <param name="name">Its name in the suite.</param>
    /// <param name="parts">Colours and shapes that it names by themselves as well, of <see cref="ShapesPalette.Parts"/>; none by default.</param>
    public ShapesJudge(string name, ImmutableArray<string> parts = default)
    {
        Name = name;
        _parts = parts.IsDefault ? [] : parts;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(", ", [Version, .. _parts]))));
        Labels = [.. ShapesPalette.Labels, .. _parts];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>The 36 labels in the learned judge's order, <c>red circle</c>, <c>red square</c>, …, and the parts.</summary>
    public ImmutableArray<string> Labels { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Judgement> Judge(IReadOnlyList<RgbImage> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        Judgement[] judgements = new Judgement[images.Count];
        Parallel.For(0, images.Count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            ShapesReading reading = ShapesReading.Of(images[i]);
            judgements[i] = new Judgement([.. reading.Shapes.SelectMany(Findings)], reading.IsClean);
        });
        return judgements;
    }

    /// <summary>The pixels of everything in a picture that is what a name says.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="label">A label, or a colour or shape alone.</param>
    /// <returns>[H, W], row by row: whether the pixel belongs to it. All false where the picture does not show it.</returns>
    /// <exception cref="ArgumentException">There is no such label.</exception>
    public static bool[] FindMask(RgbImage image, string label)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!ShapesPalette.Labels.Contains(label) && !ShapesPalette.Parts.Contains(label)) throw new ArgumentException($"There is no label '{label}'.", nameof(label));
        bool[] pixels = new bool[image.Width * image.Height];
        foreach (ReadShape shape in ShapesReading.Of(image).Shapes.Where(shape => ShapesPalette.Is(shape.Label, label)))
        {
            for (int i = 0; i < pixels.Length; i++) pixels[i] |= shape.Mask[i];
        }
        return pixels;
    }

    private IEnumerable<Finding> Findings(ReadShape shape) =>
        [.. new[] { shape.Label }.Concat(_parts.Where(part => ShapesPalette.Is(shape.Label, part))).Select(label => new Finding(label, shape.Overlap, shape.Mask.Box))];

    /// <summary>Does nothing: there is no network to free.</summary>
    public void Dispose()
    {
    }
}
