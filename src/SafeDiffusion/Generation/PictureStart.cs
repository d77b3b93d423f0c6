using System.Collections.Immutable;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Generation;

/// <summary>Makes the latents of a picture, <c>[C, H, W]</c>.</summary>
/// <param name="index">Its number in its order.</param>
/// <param name="noise">Its noise.</param>
/// <param name="covered">Where a given picture is painted over, <c>[H, W]</c>; empty for nowhere.</param>
internal delegate float[] InitialLatents(int index, INoiseSource noise, ImmutableArray<bool> covered);

/// <summary>Where pictures start, before the first step that is taken.</summary>
/// <param name="FirstStep">The first step that is taken: 0, or later where there is a picture to start from.</param>
internal abstract record PictureStart(int FirstStep)
{
    /// <summary>The share of the steps that are taken from a picture; null without one.</summary>
    public virtual float? Strength => null;

    /// <summary>Whether latents (or the noise on a picture) were given, not drawn from the seed.</summary>
    public virtual bool HasGivenLatents => false;

    /// <summary>The text that a picture was inverted under, empty for the null text; null where none was inverted.</summary>
    public virtual string? Inversion => null;

    /// <summary>Does what all pictures of an order share.</summary>
    /// <returns>Makes the latents of each.</returns>
    public abstract InitialLatents Prepare(LoadedModel model, PictureOrder order, CancellationToken cancellationToken);

    /// <summary>Puts back what may not change of the latents, <c>[C, H, W]</c>, that a step is to begin with.</summary>
    public virtual void RestoreInPlace(int step, Span<float> latents)
    {
    }

    /// <summary>Makes the picture of what was decoded.</summary>
    public virtual RgbImage Finish(RgbImage decoded) => decoded;
}

/// <summary>Pictures start from their seed's noise.</summary>
internal sealed record NoiseStart() : PictureStart(0)
{
    public override InitialLatents Prepare(LoadedModel model, PictureOrder order, CancellationToken cancellationToken) =>
        (_, noise, _) => Draw(order, noise);

    public static float[] Draw(PictureOrder order, INoiseSource noise)
    {
        float[] latents = new float[order.Shape.Length];
        noise.Fill(latents);
        return latents;
    }
}

/// <summary>Pictures start from given latents.</summary>
/// <param name="Latents">The latents, <c>[B, C, H, W]</c>.</param>
internal sealed record GivenStart(float[] Latents) : PictureStart(0)
{
    public override bool HasGivenLatents => true;

    public override InitialLatents Prepare(LoadedModel model, PictureOrder order, CancellationToken cancellationToken) =>
        (index, _, _) => Of(order, index);

    public float[] Of(PictureOrder order, int index) => Latents.AsSpan(index * order.Shape.Length, order.Shape.Length).ToArray();
}

/// <summary>Pictures start from one that is encoded and noised.</summary>
/// <param name="Image">The picture, of the order's size.</param>
/// <param name="GivenStrength">The share of the steps that are taken.</param>
/// <param name="FirstStep">The step to whose timestep the picture is noised.</param>
/// <param name="Noise">The noise, where it is given and not the seed's.</param>
internal sealed record NoisedPictureStart(RgbImage Image, float GivenStrength, int FirstStep, GivenStart? Noise) : PictureStart(FirstStep)
{
    public override float? Strength => GivenStrength;

    public override bool HasGivenLatents => Noise is not null;

    public override InitialLatents Prepare(LoadedModel model, PictureOrder order, CancellationToken cancellationToken)
    {
        float[] encoded = model.Encoder!.Encode(Image, order.Shape, model.Description.VaeScalingFactor, cancellationToken);
        return (index, noise, covered) =>
        {
            float[] latents = Noise?.Of(order, index) ?? NoiseStart.Draw(order, noise);
            float[] noised = new float[latents.Length];
            model.Scheduler.AddNoise(covered.IsEmpty ? encoded : PaintedGround.Over(encoded, covered), latents, order.Plan.Timesteps[FirstStep], noised);
            return noised;
        };
    }
}
