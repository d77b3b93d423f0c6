using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SafeDiffusion.Denoising;
using SafeDiffusion.Guidance;
using SafeDiffusion.Imaging;
using SafeDiffusion.Models;
using SafeDiffusion.Numerics;
using SafeDiffusion.Reporting;
using SafeDiffusion.TextEncoding;

namespace SafeDiffusion;

/// <summary>One generation, from texts to pictures.</summary>
internal sealed class Generation(
    LoadedModel model, PipelineOptions options, GenerationRequest request, IProgress<GenerationProgress>? progress,
    CancellationToken cancellationToken)
{
    private readonly GenerationSettings _settings = GenerationSettings.Resolve(request, model);
    private readonly float[]? _givenLatents = request.InitialLatents?.ToSingles();
    private readonly ReportBuilder _report = new(model, options, request);
    private readonly List<TextStates> _conditions = [];
    private readonly Dictionary<string, Condition> _conditionOfText = [];

    public async Task<GenerationResult> RunAsync()
    {
        using Activity? activity = Telemetry.Activities.StartActivity("generate");
        long began = Stopwatch.GetTimestamp();
        AddUnconditionalAndPrompt();
        float[] encoded = EncodeInitialImage();
        PictureDenoising[] pictures = [.. Enumerable.Range(0, request.Count).Select(index => Begin(index, encoded))];
        LatentsRecorder? recorder = request.KeepLatents ? new(pictures, _settings.Shape, _settings.StepsTaken) : null;
        _report.TextTime = Stopwatch.GetElapsedTime(began);

        Denoise(pictures, recorder);
        RgbImage[] images = Decode(pictures);
        string hash = await model.WeightsHash.WaitAsync(cancellationToken).ConfigureAwait(false);
        GenerationReport report = _report.Build(_settings, pictures, hash);
        LogWarnings(report);
        Telemetry.Images.Add(images.Length);
        Telemetry.Rows.Add(report.Cost.Rows);
        Telemetry.Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        return new GenerationResult(images, report) { Latents = recorder?.ToLatents() };
    }

    private void AddUnconditionalAndPrompt()
    {
        // These two have fixed places, so an equal text does not make them one.
        _conditions.Add(Encode(_settings.NegativePrompt));
        _conditions.Add(_settings.NegativePrompt == request.Prompt ? _conditions[0] : Encode(request.Prompt));
        _conditionOfText[_settings.NegativePrompt] = Condition.Unconditional;
        _conditionOfText[request.Prompt] = Condition.Prompt;
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
        SpecialTokenHandling handling = request.KeepSpecialTokens ? SpecialTokenHandling.Keep : SpecialTokenHandling.Escape;
        TokenizedText tokens = model.TextEncoder.Tokenizer.Encode(text, handling);
        _report.AddTextWarnings(tokens);
        return model.TextEncoder.Encode(tokens, cancellationToken);
    }

    private float[] EncodeInitialImage()
    {
        if (request.InitialImage is not { } image) return [];
        if (model.Encoder!.SamplesInside) _report.AddEncoderWarning();
        return model.Encoder.Encode(image, _settings.Shape, model.Description.VaeScalingFactor, cancellationToken);
    }

    private PictureDenoising Begin(int index, float[] encoded)
    {
        INoiseSource noise = options.NoiseSource(request.Seed + index);
        float[] latents = InitialLatents(index, noise, encoded);
        GuidanceContext context = new(AddCondition, _settings.Shape, _settings.StepsTaken, request.GuidanceScale, model.Scheduler.Settings.TrainingTimesteps);
        NoiseGuidanceState[] guidances = [.. request.Policy.Protections.OfType<NoiseGuidance>().Select(guidance => guidance.Begin(context))];
        return new PictureDenoising(_conditions, guidances, latents, request.GuidanceScale, request.Eta > 0 ? noise : null, _settings.StepsTaken);
    }

    private float[] InitialLatents(int index, INoiseSource noise, float[] encoded)
    {
        float[] latents = new float[_settings.Shape.Length];
        if (_givenLatents is not null) _givenLatents.AsSpan(index * latents.Length, latents.Length).CopyTo(latents);
        else noise.Fill(latents);
        if (encoded.Length == 0) return latents;
        float[] noised = new float[latents.Length];
        model.Scheduler.AddNoise(encoded, latents, _settings.Plan.Timesteps[_settings.StartStep], noised);
        return noised;
    }

    private void Denoise(PictureDenoising[] pictures, LatentsRecorder? recorder)
    {
        long began = Stopwatch.GetTimestamp();
        using RowEvaluator evaluator = new(model.Denoiser, _settings.Shape, options.MaxUNetRows);
        DenoisingLoop loop = new(evaluator, _settings.Plan, request.Eta);
        loop.Run(pictures, _settings.StartStep, request.GuidanceScale, AfterStep, cancellationToken);
        _report.DenoisingTime = Stopwatch.GetElapsedTime(began);
        _report.UNetTime = evaluator.NetworkTime;
        _report.Rows = evaluator.Rows;

        void AfterStep(DenoisingStep step)
        {
            recorder?.Record(step.Index);
            progress?.Report(new GenerationProgress(step.Index + 1, step.Count, evaluator.Rows, Stopwatch.GetElapsedTime(began))
            {
                Previews = request.PreviewEvery > 0 && (step.Index + 1) % request.PreviewEvery == 0 ? Preview(pictures, step) : [],
            });
        }
    }

    /// <summary>The pictures that the model predicts at this step: <c>x0</c>, decoded.</summary>
    private RgbImage[] Preview(PictureDenoising[] pictures, DenoisingStep step)
    {
        float[] original = new float[_settings.Shape.Length];
        return [.. pictures.Select(picture =>
        {
            model.Scheduler.PredictOriginal(step.Timestep, picture.Guided, picture.Latents, original);
            return Decode(original);
        })];
    }

    private RgbImage[] Decode(PictureDenoising[] pictures)
    {
        long began = Stopwatch.GetTimestamp();
        RgbImage[] images = [.. pictures.Select(picture => Decode(picture.Latents))];
        _report.DecodingTime = Stopwatch.GetElapsedTime(began);
        return images;
    }

    private RgbImage Decode(ReadOnlySpan<float> latents)
    {
        ModelDescription description = model.Description;
        float[] pixels = model.Decoder.Decode(latents, _settings.Shape, description.VaeScalingFactor, description.VaeFactor, cancellationToken);
        return RgbImage.FromPlanar(pixels, _settings.Width, _settings.Height);
    }

    private void LogWarnings(GenerationReport report)
    {
        if (options.LoggerFactory is null || report.Warnings.Count == 0) return;
        ILogger logger = options.LoggerFactory.CreateLogger(Telemetry.Name);
        foreach (ReportWarning warning in report.Warnings) logger.LogWarning("{Code}: {Message}", warning.Code, warning.Message);
    }
}
