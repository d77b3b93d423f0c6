using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Generation;

/// <summary>Pictures start from one that is encoded and inverted: without a protection they become that picture again, up to the inversion's error.</summary>
/// <param name="Image">The picture, of the order's size.</param>
/// <param name="Text">The text that it is inverted under; empty for the null text.</param>
/// <param name="GivenStrength">The share of the steps that are taken.</param>
/// <param name="FirstStep">The step to whose level it is inverted.</param>
internal sealed record InvertedPictureStart(RgbImage Image, string Text, float GivenStrength, int FirstStep) : PictureStart(FirstStep)
{
    /// <summary>The inversion, where it is done already; then the image is not read.</summary>
    public PictureInversion? Done { get; init; }

    /// <summary>Where the picture may change; null for everywhere.</summary>
    public EditRegion? Region { get; init; }

    public override float? Strength => GivenStrength;

    public override string? Inversion => Text;

    public override InitialLatents Prepare(LoadedModel model, PictureOrder order, CancellationToken cancellationToken)
    {
        PictureInversion inversion = Done ?? Invert(model, order, cancellationToken);
        return (_, _, _) => inversion.At(FirstStep).ToArray();
    }

    public override void RestoreInPlace(int step, Span<float> latents)
    {
        if (Region is not null) Region.RestoreInPlace(latents, Done!.At(step));
    }

    public override RgbImage Finish(RgbImage decoded) => Region is null ? decoded : Region.Finish(decoded);

    private PictureInversion Invert(LoadedModel model, PictureOrder order, CancellationToken cancellationToken)
    {
        PictureInversion inversion = new(model, order.Plan, order.Shape, Text, FirstStep);
        inversion.Encode(Image, cancellationToken);
        inversion.Invert(null, cancellationToken);
        return inversion;
    }
}
