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

        bool isLimited = IsLimited(region);
        GivenPictureLook look = new(model, order.Shape, _guidelines);
        float[]? map = _guidelines.Length == 0 ? null : look.Read(picture.Image, order.Seed, cancellationToken);
        bool[]? shows = isLimited ? look.Shows(map) : null;
        EditRegion? edited = shows is null ? null : new EditRegion(shows, order.Shape, dilation, roundTrip);
        bool isChanged = shows is null || shows.Contains(true);
        bool[] mask = edited is null ? [.. Enumerable.Repeat(true, picture.Image.Width * picture.Image.Height)] : isChanged ? edited.Pixels.ToArray() : new bool[picture.Image.Width * picture.Image.Height];

        AgreementReport? lost = isChanged ? Invert(inversion, roundTrip) : null;
        PictureOrder cleaned = order with { Start = start with { Done = inversion, Region = edited } };
        Drawing drawing = isChanged
            ? (await new OrderBatch(model, tools, [cleaned], at => progress?.Invoke(new(PurifyStage.Denoising, at.Step, at.Steps)), cancellationToken).RunAsync().ConfigureAwait(false))[0]
            : await UntouchedAsync(roundTrip).ConfigureAwait(false);
        Drawing given = (await new Aftercare(tools.Checkers, _ => throw new InvalidOperationException("An inverted picture is not drawn again."), cancellationToken)
            .ApplyAsync([cleaned], [drawing]).ConfigureAwait(false))[0];

        RgbImage before = picture.Crop(roundTrip), after = picture.Crop(drawing.Images[0]), own = picture.Crop(picture.Image);
        bool[] inside = picture.Crop(mask), outside = [.. inside.Select(isInside => !isInside)];
        PurifyReport report = new()
        {
            Width = own.Width,
            Height = own.Height,
            PaddedColumns = picture.Image.Width - own.Width,
            PaddedRows = picture.Image.Height - own.Height,
            Changed = isChanged,
            IsLimited = isLimited,
            Detected = map?.Max(),
            Region = (double)inside.Count(isInside => isInside) / inside.Length,
            Inside = Agreement(before, after, inside),
            Outside = Agreement(before, after, outside),
            RoundTrip = Agreement(own, before, [.. Enumerable.Repeat(true, inside.Length)])!,
            Inversion = lost,
            Rows = (map is null ? 0 : look.Rows) + (isChanged ? 2 * inversion.Steps : 0) + given.Report.Cost.Rows,
            Generation = given.Report,
        };
        return new PurifyResult(picture.Crop(given.Images[0]), before, report)
        {
            HeatMap = map is null ? null : new HeatMap(0, 0, 0, 0, order.Shape.Width, order.Shape.Height, map, picture.Image),
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
}
