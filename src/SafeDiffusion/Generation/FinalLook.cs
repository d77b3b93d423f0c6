using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>A finished picture to look at.</summary>
/// <param name="Denoising">The picture while it was denoised.</param>
/// <param name="Image">Its pixels.</param>
/// <param name="Seed">Its seed.</param>
internal readonly record struct FinishedPicture(PictureDenoising Denoising, RgbImage Image, long Seed);

/// <summary>
/// Looks at finished pictures. Each is encoded again, noised a little and shown to the UNet under the null text, and every protection that
/// detects reads its map there: whatever the prompt, the steps that were taken or the latents that were given, what is left of the concept
/// is seen. One that redraws may have the picture begun again for it. A picture smaller than the model's own is enlarged first, since small attention
/// maps tell little, and one that the VAE encoder does not take is brought to the size that it takes. Where none can encode it the finished latents
/// are taken as they are.
/// </summary>
internal sealed class FinalLook(LoadedModel model, LatentShape shape, int maxRows, ReadOnlyMemory<float> guidelines)
{
    /// <summary>
    /// To which share of the training timesteps pictures are noised. Any from 0.02 to 0.4 tells as much, by the area under the curve, and several
    /// together tell no more.
    /// </summary>
    private const double NoiseLevel = 0.24;

    private readonly LatentShape _seen = Seen(shape, model);

    /// <summary>Not where there is no encoder, nor where encoder and UNet were exported for different sizes.</summary>
    private readonly bool _canEncode = model.Encoder is { } encoder
        && (!model.Description.HasFixedSize || ((encoder.FixedWidth ?? model.Description.Width) == model.Description.Width && (encoder.FixedHeight ?? model.Description.Height) == model.Description.Height));

    private readonly int _maxRows = Math.Min(maxRows, model.Denoiser.MaxRows);

    /// <summary>UNet rows evaluated so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The look at pictures that took some steps: the step after the last.</summary>
    public static DenoisingStep StepAfter(int steps, LoadedModel model) => new(steps, Timestep(NoiseLevel, model), steps);

    /// <summary>The training timestep of a noise level, a share of them.</summary>
    public static int Timestep(double level, LoadedModel model) => (int)(level * model.Scheduler.Settings.TrainingTimesteps);

    /// <summary>What is added to a picture: noise of no picture's own, since that may have left its trace.</summary>
    public static TorchNoise NoiseOf(long seed) => new(~seed);

    /// <summary>A picture in the size in which it is looked at.</summary>
    public static RgbImage AsSeen(RgbImage image, LatentShape seen, LoadedModel model)
    {
        (int width, int height) = (seen.Width * model.Description.VaeFactor, seen.Height * model.Description.VaeFactor);
        return (image.Width, image.Height) == (width, height) ? image : image.FitTo(width, height, ImageFit.Scale);
    }

    /// <summary>Looks at pictures, tells them what was seen, and lets those that are to be begun again say how.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="nullText">The empty text's states.</param>
    /// <param name="look">The look.</param>
    /// <param name="cancellationToken">Ends the look within one network call.</param>
    /// <returns>The pictures that are to be begun again.</returns>
    public IReadOnlyList<PictureDenoising> Look(IReadOnlyList<FinishedPicture> pictures, TextStates nullText, DenoisingStep look, CancellationToken cancellationToken)
    {
        List<PictureDenoising> again = [];
        foreach (FinishedPicture[] chunk in pictures.Chunk(_maxRows))
        {
            using IDenoiserBatch batch = model.Denoiser.CreateBatch(chunk.Length, _seen, guidelines);
            for (int i = 0; i < chunk.Length; i++)
            {
                batch.SetInputs(i, new RowInputs(nullText));
                Noise(chunk[i], Latents(chunk[i], cancellationToken), look.Timestep, batch.Latents(i));
            }
            batch.Evaluate(look.Timestep, cancellationToken);
            Rows += chunk.Length;
            StepPredictions predictions = new(_seen);
            for (int i = 0; i < chunk.Length; i++)
            {
                predictions.Set(Row.Prompt, batch, i);
                chunk[i].Denoising.LookAtFinished(look, predictions);
                if (!chunk[i].Denoising.WantsRedraw(look)) continue;
                DecideRedraw(chunk[i], look, predictions, cancellationToken);
                again.Add(chunk[i].Denoising);
            }
        }
        return again;
    }

    /// <summary>What other texts would draw is tried on the picture's own grid, at its finished latents.</summary>
    private void DecideRedraw(FinishedPicture picture, DenoisingStep look, StepPredictions predictions, CancellationToken cancellationToken)
    {
        picture.Denoising.DecideRedraw(look, predictions, rows =>
        {
            using RowEvaluator evaluator = new(model.Denoiser, shape, maxRows, guidelines);
            float[] noised = new float[shape.Length];
            Noise(picture, picture.Denoising.Latents, look.Timestep, noised);
            float[][] tried = evaluator.Try(noised, rows, look, cancellationToken);
            picture.Denoising.Trace.AddRows(look.Index, rows.Count);
            Rows += rows.Count;
            return tried;
        });
    }

    private void Noise(FinishedPicture picture, ReadOnlySpan<float> latents, int timestep, Span<float> noised)
    {
        float[] noise = new float[latents.Length];
        NoiseOf(picture.Seed).Fill(noise);
        model.Scheduler.AddNoise(latents, noise, timestep, noised);
    }

    private float[] Latents(FinishedPicture picture, CancellationToken cancellationToken)
    {
        if (!_canEncode) return picture.Denoising.Latents.ToArray();
        return model.Encoder!.Encode(AsSeen(picture.Image, _seen, model), _seen, model.Description.VaeScalingFactor, cancellationToken);
    }

    /// <summary>The shape in which pictures are looked at: their own, or one of the same proportions and the area that the model was made for.</summary>
    public static LatentShape Seen(LatentShape shape, LoadedModel model)
    {
        ModelDescription description = model.Description;
        if (model.Encoder is not { } encoder || description.HasFixedSize) return shape;
        if (encoder.FixedWidth is not null || encoder.FixedHeight is not null)
        {
            return shape with { Height = (encoder.FixedHeight ?? description.Height) / description.VaeFactor, Width = (encoder.FixedWidth ?? description.Width) / description.VaeFactor };
        }
        double own = (double)(description.Width / description.VaeFactor) * (description.Height / description.VaeFactor);
        double factor = Math.Sqrt(own / (shape.Height * (double)shape.Width));
        if (factor <= 1) return shape;
        int multiple = description.SizeMultiple / description.VaeFactor;
        return shape with { Height = Enlarged(shape.Height), Width = Enlarged(shape.Width) };

        int Enlarged(int size) => Math.Max(size, (int)Math.Round(size * factor / multiple) * multiple);
    }
}
