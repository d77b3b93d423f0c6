using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
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
        SpecialTokenHandling handling = order.KeepSpecialTokens ? SpecialTokenHandling.Keep : SpecialTokenHandling.Escape;
        // What a request wants of its own texts is not for the policy's.
        bool isOfPolicy = order.Policy.Protections.Any(protection => protection.UnconditionalText is not null);
        TextStates negative = Encode(order.NegativePrompt, isOfPolicy ? SpecialTokenHandling.Escape : handling);
        TextStates prompted = Encode(order.Prompt, handling);
        if (isOfPolicy && prompted.Values.SequenceEqual(negative.Values)) Report.Warn(PolicyLimits.NegativeIsPrompt);
        (TextStates unconditional, TextStates prompt) = Erase(negative, prompted);
        if (order.Start is NoisedPictureStart or InvertedPictureStart && model.Encoder!.SamplesInside) Report.AddEncoderWarning();
        Func<int, INoiseSource, float[]> latents = order.Start.Prepare(model, order, cancellationToken);
        Pictures = [.. Enumerable.Range(0, order.Count).Select(index => Begin(index, unconditional, prompt, latents, cancellationToken))];
        foreach (ReportWarning limit in PolicyLimits.Of(order, model.Description, Pictures[0].Protections)) Report.Warn(limit);
        if (order.KeepLatents) Recorder = new(Pictures, order.Shape, order.Timesteps.Length);
    }

    /// <summary>Whether a step's heat maps are asked for.</summary>
    public bool WantsHeatMaps(DenoisingStep step) =>
        order.HeatMapEvery > 0 && ((step.Index + 1) % order.HeatMapEvery == 0 || step.Index == step.Count - 1);

    /// <summary>Keeps a step's detection maps with the pictures as they are predicted there.</summary>
    public void KeepHeatMaps(DenoisingStep step, IReadOnlyList<RgbImage> predicted)
    {
        foreach ((int image, PictureDenoising picture) in Pictures.Index())
        {
            foreach ((int protection, float[] map) in picture.Protections.DetectionMaps())
            {
                HeatMaps.Add(new(image, protection, step.Index, step.Timestep, order.Shape.Width, order.Shape.Height, map, predicted[image]));
            }
        }
    }

    /// <summary>Maps the texts by the policy's erasures, in its order. Their own states stay what they are: others may share them.</summary>
    private (TextStates Unconditional, TextStates Prompt) Erase(TextStates unconditional, TextStates prompt)
    {
        foreach ((int place, Protection protection) in order.Policy.Protections.Index())
        {
            if (protection is not TextErasure erasure) continue;
            ErasedText erased = erasure.Erase(prompt, EncodeOfPolicy);
            Report.AddErasure(place, erased);
            prompt = erased.States;
            if (erasure.MapsNullCondition) unconditional = erasure.Erase(unconditional, EncodeOfPolicy).States;
        }
        return (unconditional, prompt);
    }

    /// <summary>A protection's own text: special tokens in it stay ordinary text, whatever the request wants for its prompt.</summary>
    private TextStates EncodeOfPolicy(string text) => Encode(text, SpecialTokenHandling.Escape);

    private TextStates Encode(string text, SpecialTokenHandling handling)
    {
        TextStates states = texts.Encode(text, handling);
        Report.AddTextWarnings(states.Text!);
        return states;
    }

    private PictureDenoising Begin(int index, TextStates unconditional, TextStates prompt, Func<int, INoiseSource, float[]> latents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        INoiseSource noise = tools.NoiseSource(order.Seed + index);
        float[] initial = latents(index, noise);
        bool isPromptShared = !order.Policy.Protections.Any(protection => protection is AttentionIntervention);
        RowList rows = new(unconditional, prompt, isPromptShared, EncodeOfPolicy);
        ProtectionContext context = new(rows, guidelines, order.Shape, order.Timesteps, order.GuidanceScale, model.Scheduler.Settings.TrainingTimesteps) { InhibitedLayers = model.InhibitedLayers };
        PictureProtections protections = new(order.Policy, context);
        return new PictureDenoising(rows, protections, initial, order.Shape, order.GuidanceScale, order.Eta > 0 ? noise : null, order.Timesteps.Length) { Start = order.Start };
    }
}
