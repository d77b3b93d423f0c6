using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Detection;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Generation;

/// <summary>One request of a batch: its conditions, its pictures while they are denoised, and what is told of them.</summary>
internal sealed class GenerationMember
{
    private readonly LoadedModel _model;
    private readonly PipelineOptions _options;
    private readonly TextStatesCache _texts;
    private readonly GuidelineList _guidelines;
    private readonly List<TextStates> _conditions = [];
    private readonly Dictionary<string, Condition> _conditionOfText = [];

    public GenerationMember(LoadedModel model, PipelineOptions options, GenerationRequest request, TextStatesCache texts, GuidelineList guidelines)
    {
        _model = model;
        _options = options;
        _texts = texts;
        _guidelines = guidelines;
        Request = request;
        Settings = GenerationSettings.Resolve(request, model);
        Report = new ReportBuilder(model, options, request);
    }

    public GenerationRequest Request { get; }

    public GenerationSettings Settings { get; }

    public ReportBuilder Report { get; }

    public IReadOnlyList<PictureDenoising> Pictures { get; private set; } = [];

    /// <summary>Keeps the latents of every step, where the request asks for it.</summary>
    public LatentsRecorder? Recorder { get; private set; }

    /// <summary>The heat maps so far.</summary>
    public List<HeatMap> HeatMaps { get; } = [];

    /// <summary>Encodes the texts, draws the initial latents and puts the protections to work.</summary>
    public void Begin(CancellationToken cancellationToken)
    {
        AddUnconditionalAndPrompt();
        float[] encoded = EncodeInitialImage(cancellationToken);
        float[]? given = Request.InitialLatents?.ToSingles();
        Pictures = [.. Enumerable.Range(0, Request.Count).Select(index => Begin(index, encoded, given))];
        if (Request.KeepLatents) Recorder = new(Pictures, Settings.Shape, Settings.StepsTaken);
    }

    /// <summary>Whether a step's heat maps are asked for.</summary>
    public bool WantsHeatMaps(DenoisingStep step) =>
        Request.HeatMapEvery > 0 && ((step.Index + 1) % Request.HeatMapEvery == 0 || step.Index == step.Count - 1);

    /// <summary>Keeps a step's detection maps with the pictures as they are predicted there.</summary>
    public void KeepHeatMaps(DenoisingStep step, IReadOnlyList<RgbImage> predicted)
    {
        foreach ((int image, PictureDenoising picture) in Pictures.Index())
        {
            foreach ((int guidance, float[] map) in picture.DetectionMaps())
            {
                HeatMaps.Add(new(
                    image, Report.NoiseGuidances[guidance], step.Index, step.Timestep, Settings.Shape.Width, Settings.Shape.Height, map, predicted[image]));
            }
        }
    }

    private void AddUnconditionalAndPrompt()
    {
        // These two have fixed places, so an equal text does not make them one.
        _conditions.Add(Encode(Settings.NegativePrompt));
        _conditions.Add(Encode(Request.Prompt));
        _conditionOfText[Settings.NegativePrompt] = Condition.Unconditional;
        _conditionOfText[Request.Prompt] = Condition.Prompt;
    }

    private Condition AddCondition(string text)
    {
        if (_conditionOfText.TryGetValue(text, out Condition known)) return known;
        if (_conditions.Count == Condition.Limit) throw new InvalidRequestException("policy", $"asks for more than {Condition.Limit} texts.");
        _conditions.Add(Encode(text));
        return _conditionOfText[text] = new Condition(_conditions.Count - 1);
    }

    private TextStates Encode(string text)
    {
        TextStates states = _texts.Encode(text, Request.KeepSpecialTokens ? SpecialTokenHandling.Keep : SpecialTokenHandling.Escape);
        Report.AddTextWarnings(states.Text!);
        return states;
    }

    private float[] EncodeInitialImage(CancellationToken cancellationToken)
    {
        if (Request.InitialImage is not { } image) return [];
        if (_model.Encoder!.SamplesInside) Report.AddEncoderWarning();
        return _model.Encoder.Encode(image, Settings.Shape, _model.Description.VaeScalingFactor, cancellationToken);
    }

    private PictureDenoising Begin(int index, float[] encoded, float[]? given)
    {
        INoiseSource noise = _options.NoiseSource(Request.Seed + index);
        float[] latents = InitialLatents(index, noise, encoded, given);
        GuidanceContext context = new(
            AddCondition, _guidelines, Settings.Shape, Settings.StepsTaken, Request.GuidanceScale, _model.Scheduler.Settings.TrainingTimesteps);
        NoiseGuidanceState[] guidances = [.. Request.Policy.Protections.OfType<NoiseGuidance>().Select(guidance => guidance.Begin(context))];
        return new PictureDenoising(_conditions, guidances, latents, Settings.Shape, Request.GuidanceScale, Request.Eta > 0 ? noise : null, Settings.StepsTaken);
    }

    private float[] InitialLatents(int index, INoiseSource noise, float[] encoded, float[]? given)
    {
        float[] latents = new float[Settings.Shape.Length];
        if (given is not null) given.AsSpan(index * latents.Length, latents.Length).CopyTo(latents);
        else noise.Fill(latents);
        if (encoded.Length == 0) return latents;
        float[] noised = new float[latents.Length];
        _model.Scheduler.AddNoise(encoded, latents, Settings.Plan.Timesteps[Settings.StartStep], noised);
        return noised;
    }
}
