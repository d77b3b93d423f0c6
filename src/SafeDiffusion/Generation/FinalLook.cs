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
/// is seen. A picture smaller than the model's own is enlarged first, since small attention maps tell little, and one that the VAE encoder
/// does not take is brought to the size that it takes. Where none can encode it the finished latents are taken as they are. Changes no picture.
/// </summary>
internal sealed class FinalLook(LoadedModel model, LatentShape shape, int maxRows, ReadOnlyMemory<float> guidelines)
{
    /// <summary>To which shares of the training timesteps pictures are noised.</summary>
    private static readonly double[] _noiseLevels = [0.08, 0.24];

    private readonly LatentShape _seen = Seen(shape, model);

    /// <summary>Not where there is no encoder, nor where encoder and UNet were exported for different sizes.</summary>
    private readonly bool _canEncode = model.Encoder is { } encoder
        && (!model.Description.HasFixedSize || ((encoder.FixedWidth ?? model.Description.Width) == model.Description.Width && (encoder.FixedHeight ?? model.Description.Height) == model.Description.Height));

    private readonly int _maxRows = Math.Min(maxRows, model.Denoiser.MaxRows);

    /// <summary>UNet rows of each picture that is looked at.</summary>
    public static int RowsPerPicture => _noiseLevels.Length;

    /// <summary>The training timesteps that pictures are noised to.</summary>
    public static int[] Timesteps(LoadedModel model) => [.. _noiseLevels.Select(level => (int)(level * model.Scheduler.Settings.TrainingTimesteps))];

    /// <summary>A picture in the size in which it is looked at.</summary>
    public static RgbImage AsSeen(RgbImage image, LatentShape seen, LoadedModel model)
    {
        (int width, int height) = (seen.Width * model.Description.VaeFactor, seen.Height * model.Description.VaeFactor);
        return (image.Width, image.Height) == (width, height) ? image : image.FitTo(width, height, ImageFit.Scale);
    }

    /// <summary>Looks at pictures, and tells them what was seen.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="nullText">The empty text's states.</param>
    /// <param name="cancellationToken">Ends the look within one network call.</param>
    public void Look(IReadOnlyList<FinishedPicture> pictures, TextStates nullText, CancellationToken cancellationToken)
    {
        foreach (FinishedPicture[] chunk in pictures.Chunk(_maxRows))
        {
            using IDenoiserBatch batch = model.Denoiser.CreateBatch(chunk.Length, _seen, guidelines);
            // Of no picture's own noise: that may have left its trace.
            TorchNoise[] noises = [.. chunk.Select(picture => new TorchNoise(~picture.Seed))];
            float[][] latents = [.. chunk.Select(picture => Latents(picture, cancellationToken))];
            for (int i = 0; i < chunk.Length; i++) batch.SetInputs(i, new RowInputs(nullText));
            foreach (int timestep in Timesteps(model)) Look(chunk, batch, latents, noises, timestep, cancellationToken);
        }
    }

    private void Look(
        FinishedPicture[] pictures, IDenoiserBatch batch, float[][] latents, TorchNoise[] noises, int timestep, CancellationToken cancellationToken)
    {
        float[] noise = new float[_seen.Length];
        for (int i = 0; i < pictures.Length; i++)
        {
            noises[i].Fill(noise);
            model.Scheduler.AddNoise(latents[i], noise, timestep, batch.Latents(i));
        }
        batch.Evaluate(timestep, cancellationToken);
        StepPredictions predictions = new(_seen.Height * _seen.Width);
        for (int i = 0; i < pictures.Length; i++)
        {
            predictions.Set(Row.Prompt, batch, i);
            pictures[i].Denoising.LookAtFinished(timestep, predictions);
        }
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
