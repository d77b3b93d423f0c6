using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Imaging.Comparing;
using SafeDiffusion.Detection;
using SafeDiffusion.Generation;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion;

/// <summary>
/// Cleans a given picture (Hong, Lee and Woo 2024, purification): encodes it, inverts it by DDIM, denoises it under a policy, decodes it. Where
/// the policy's guidelines limit it, what lies away from the concept is the autoencoder's round trip.
/// </summary>
/// <param name="model">What draws.</param>
/// <param name="tools">What it draws with.</param>
/// <param name="picture">The picture.</param>
/// <param name="order">What is asked for.</param>
/// <param name="progress">Told of every step.</param>
/// <param name="cancellationToken">Ends it within one network call.</param>
internal sealed class Purification(
    LoadedModel model, GenerationTools tools, PaddedPicture picture, PictureOrder order, Action<PurifyProgress>? progress, CancellationToken cancellationToken)
{
    private readonly Guideline[] _guidelines = [.. order.Policy.Requirements.Assets.Select(required => required.Asset).OfType<Guideline>().DistinctBy(guideline => guideline.Hash)];

    public async Task<PurifyResult> RunAsync(PurifyRegion region, int dilation)
    {
        model.RequireUnchanged();
        await OrderBatch.RequireMatchingAssetsAsync(model, order.Policy, cancellationToken).ConfigureAwait(false);
        InvertedPictureStart start = (InvertedPictureStart)order.Start;
        PictureInversion inversion = new(model, order.Plan, order.Shape, start.Text, start.FirstStep);
        inversion.Encode(picture.Image, cancellationToken);
        RgbImage roundTrip = Decode(inversion.At(order.Plan.Timesteps.Length));

        Finding found = Find(region, dilation, roundTrip);

        AgreementReport? lost = found.IsChanged ? Invert(inversion, roundTrip) : null;
        PictureOrder cleaned = order with { Start = start with { Done = inversion, Region = found.Region } };
        Drawing drawing = found.IsChanged ? await DrawAsync(cleaned).ConfigureAwait(false) : await UntouchedAsync(roundTrip).ConfigureAwait(false);
        Drawing given = (await new Aftercare(tools.Checkers, _ => throw new InvalidOperationException("An inverted picture is not drawn again."), cancellationToken)
            .ApplyAsync([cleaned], [drawing]).ConfigureAwait(false))[0];

        long rows = (found.Map is null ? 0 : GivenPictureLook.Rows) + (found.IsChanged ? 2 * inversion.Steps : 0) + given.Report.Cost.Rows;
        return new PurifyResult(picture.Crop(given.Images[0]), picture.Crop(roundTrip), Report(found, roundTrip, drawing.Images[0], lost, rows, given.Report))
        {
            HeatMap = found.Map is null ? null : new HeatMap(0, 0, 0, 0, order.Shape.Width, order.Shape.Height, found.Map, picture.Image),
        };
    }

    /// <summary>Finds where the picture shows what the guidelines know.</summary>
    private Finding Find(PurifyRegion region, int dilation, RgbImage roundTrip)
    {
        GivenPictureLook look = new(model, order.Shape, _guidelines);
        float[]? map = _guidelines.Length == 0 ? null : look.Read(picture.Image, order.Seed, cancellationToken);
        if (!IsLimited(region)) return new(map, Region: null, IsChanged: true);
        bool[] shows = look.Shows(map);
        return new(map, new EditRegion(shows, order.Shape, dilation, roundTrip), shows.Contains(true));
    }

    private async Task<Drawing> DrawAsync(PictureOrder cleaned)
    {
        OrderBatch batch = new(model, tools, [cleaned], at => progress?.Invoke(new(PurifyStage.Denoising, at.Step, at.Steps)), cancellationToken);
        return (await batch.RunAsync().ConfigureAwait(false))[0];
    }

    /// <summary>What became of the picture, in its own size, inside and outside of the region.</summary>
    private PurifyReport Report(Finding found, RgbImage roundTrip, RgbImage drawn, AgreementReport? lost, long rows, GenerationReport generation)
    {
        bool[] everywhere = [.. Enumerable.Repeat(true, picture.Image.Width * picture.Image.Height)];
        bool[] inside = picture.Crop(found.Region?.Pixels.ToArray() ?? everywhere);
        RgbImage own = picture.Crop(picture.Image), before = picture.Crop(roundTrip), after = picture.Crop(drawn);
        return new()
        {
            Width = own.Width,
            Height = own.Height,
            PaddedColumns = picture.Image.Width - own.Width,
            PaddedRows = picture.Image.Height - own.Height,
            Changed = found.IsChanged,
            IsLimited = found.Region is not null,
            Detected = found.Map?.Max(),
            Region = (double)inside.Count(isInside => isInside) / inside.Length,
            Inside = Agreement(before, after, inside),
            Outside = Agreement(before, after, [.. inside.Select(isInside => !isInside)]),
            RoundTrip = Agreement(own, before, picture.Crop(everywhere))!,
            Inversion = lost,
            Rows = rows,
            Generation = generation,
        };
    }

    /// <summary>Whether detection bounds what may change. By itself only where no protection would be shut out by a guideline that is not its own.</summary>
    private bool IsLimited(PurifyRegion region) => region switch
    {
        PurifyRegion.Detected => true,
        PurifyRegion.Everywhere => false,
        _ => _guidelines.Length > 0 && order.Policy.Protections.All(protection => protection is Observer || protection.Requirements.Assets.Any(required => required.Asset is Guideline)),
    };

    private AgreementReport? Invert(PictureInversion inversion, RgbImage roundTrip)
    {
        int step = 0;
        inversion.Invert(() => progress?.Invoke(new(PurifyStage.Inverting, ++step, inversion.Steps)), cancellationToken);
        step = 0;
        float[] back = inversion.Reconstruct(() => progress?.Invoke(new(PurifyStage.Reconstructing, ++step, inversion.Steps)), cancellationToken);
        RgbImage before = picture.Crop(roundTrip);
        return Agreement(before, picture.Crop(Decode(back)), [.. Enumerable.Repeat(true, before.Width * before.Height)]);
    }

    /// <summary>The round trip as a finished picture, which is checked like any other.</summary>
    private async Task<Drawing> UntouchedAsync(RgbImage roundTrip)
    {
        string hash = await model.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false);
        GenerationReport report = new ReportBuilder(model, tools, order).Build([], hash, new BatchTimes { Rows = 1 });
        return new Drawing([roundTrip], report with { Images = [new ImageReport(order.Seed, 0, [])] }, null, []);
    }

    private RgbImage Decode(ReadOnlySpan<float> latents) =>
        model.Decoder.Decode(latents, order.Shape, model.Description.VaeScalingFactor, model.Description.VaeFactor, cancellationToken)[0];

    private static AgreementReport? Agreement(RgbImage first, RgbImage second, bool[] mask)
    {
        if (PeakSignalToNoise.Compute(first, second, mask) is not { } ratio) return null;
        double? similarity = Math.Min(first.Width, first.Height) < StructuralSimilarity.Window ? null : StructuralSimilarity.Compute(first, second, mask);
        return new AgreementReport(similarity, double.IsInfinity(ratio) ? null : ratio);
    }

    /// <summary>What was found in the given picture.</summary>
    /// <param name="Map">The detection map; null without a guideline.</param>
    /// <param name="Region">Where it may change; null for everywhere.</param>
    /// <param name="IsChanged">Whether there is anything to change.</param>
    private sealed record Finding(float[]? Map, EditRegion? Region, bool IsChanged);
}
