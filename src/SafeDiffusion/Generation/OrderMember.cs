using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>One order of a batch: its texts, its pictures while they are denoised, and what is told of them.</summary>
internal sealed class OrderMember(LoadedModel model, GenerationTools tools, PictureOrder order, TextStatesCache texts, GuidelineList guidelines)
{
    public PictureOrder Order => order;

    public ReportBuilder Report { get; } = new(model, tools, order);

    public IReadOnlyList<PictureDenoising> Pictures { get; private set; } = [];

    /// <summary>Keeps the latents of every step, where the order asks for it.</summary>
    public LatentsRecorder? Recorder { get; private set; }

    /// <summary>The heat maps so far.</summary>
    public List<HeatMap> HeatMaps { get; } = [];

    /// <summary>Encodes the texts, draws the initial latents and puts the protections to work.</summary>
    public void Begin(CancellationToken cancellationToken)
    {
        OrderTexts own = new(order, texts, Report);
        if (order.Start is NoisedPictureStart or InvertedPictureStart && model.Encoder!.SamplesInside) Report.AddEncoderWarning();
        InitialLatents latents = order.Start.Prepare(model, order, cancellationToken);
        PictureDenoising[] pictures = new PictureDenoising[order.Count];
        for (int i = 0; i < pictures.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int place = i;
            new PictureBeginning(model, tools, order, own, guidelines, latents, i, picture => pictures[place] = picture).Begin();
        }
        Pictures = pictures;
        foreach (ReportWarning limit in PolicyLimits.Of(order, model.Description, Pictures[0].Protections)) Report.Warn(limit);
        if (order.KeepLatents) Recorder = new(Pictures, order.Shape, order.Timesteps.Length);
    }

    /// <summary>The pictures of a pass whose heat maps a step is asked for: those that it is a turn of, and those that it decides for a redraw.</summary>
    public PictureDenoising[] WantHeatMaps(DenoisingStep step, DenoisingPass pass)
    {
        if (order.HeatMapEvery == 0) return [];
        bool isTurn = (step.Index + 1) % order.HeatMapEvery == 0 || step.Index == step.Count - 1;
        return [.. Pictures.Where(picture => pass.Pictures.Contains(picture) && (isTurn || picture.Redraw is not null))];
    }

    /// <summary>Keeps the detection maps of a step of a pass, or what decided in the look after it, with the pictures as they are predicted there.</summary>
    public void KeepHeatMaps(DenoisingStep step, int pass, IReadOnlyList<PictureDenoising> pictures, IReadOnlyList<RgbImage> predicted)
    {
        foreach ((int i, PictureDenoising picture) in pictures.Index())
        {
            foreach ((int protection, float[] map) in picture.Protections.DetectionMaps())
            {
                if (step.Index == step.Count && picture.Redraw?.Place != protection) continue;
                HeatMaps.Add(new(Place(picture), protection, step.Index, step.Timestep, order.Shape.Width, order.Shape.Height, map, predicted[i])
                {
                    Redraws = pass,
                    Decides = picture.Redraw?.Place == protection,
                });
            }
        }
    }

    private int Place(PictureDenoising picture)
    {
        int place = 0;
        while (Pictures[place] != picture) place++;
        return place;
    }
}
