using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Detection;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;
using SafeDiffusion.Training.Annotation;
using SafeDiffusion.Training.Learning;
using SafeDiffusion.Training.Measuring;
using SafeDiffusion.Training.Recording;

namespace SafeDiffusion.Training;

/// <summary>One run of <see cref="GuidelineLearner"/>, from prompts and pictures to the guideline.</summary>
internal sealed class GuidelineLearning(
    SafeDiffusionPipeline pipeline, GuidelineLearningOptions options, IProgress<GuidelineLearningProgress>? progress, CancellationToken cancellationToken)
{
    private const string WithConcept = "unsafe";

    private readonly LatentShape _shape = new(
        pipeline.Model.LatentChannels, pipeline.Model.Height / pipeline.Model.VaeFactor, pipeline.Model.Width / pipeline.Model.VaeFactor);
    private readonly List<RgbImage> _images = [];
    private readonly List<float[]> _masks = [];
    private readonly List<int> _places = [];

    public async Task<LearnedGuideline> RunAsync()
    {
        RequirePictures();
        (string Name, string Prompt)[] drawn = [.. ToDraw(WithConcept, options.Prompts, options.UnsafePictures), .. ToDraw("safe", options.SafePrompts, options.SafePictures)];
        FeaturePlan plan = FeaturePlan.Create(
            pipeline.Model.Timesteps(options.Steps), drawn.Length + options.Pictures.Count, pipeline.Model.TextWidth, _shape.Height * _shape.Width, options.CacheLimit);
        using FeatureCache cache = new(plan);
        await DrawAsync(drawn, cache).ConfigureAwait(false);
        await ReadPicturesAsync(drawn.Length, cache).ConfigureAwait(false);

        LearningSet set = new(cache, _places, _masks);
        PictureSplit split = Splitting.Deal(set, options.HeldOut, options.Seed);
        double[] tokens = Learner(set, split).Learn(InitialTokens(), Report, cancellationToken);
        progress?.Report(new(GuidelineLearningStage.Measuring, 0, 1));
        double[] token = MeanToken.Of(tokens, plan.Width);
        ScoreTable scores = set.Score(token, cancellationToken);
        ImmutableArray<CalibrationBand> bands = new Calibrator(set, [.. split.Learned, .. split.Checked], new(options.ConceptWeight, options.FalseTriggers, options.MaskWidths)).Fit(scores);
        ThresholdFitter fitter = new(set, split);
        RedrawThresholds? thresholds = fitter.Fit(scores);
        ScoreTable? finished = null;
        if (thresholds is not null && pipeline.Model.HasVaeEncoder)
        {
            (finished, int timestep) = await ReadFinishedAsync(token, set).ConfigureAwait(false);
            thresholds = new(thresholds.High, thresholds.Low, thresholds.Near) { Finished = fitter.Finished(finished, timestep) };
        }
        Separation separation = Separation.Measure(set, split.HeldOut, scores, bands) with
        {
            Redrawing = thresholds is null ? null : RedrawSeparation.Measure(set, split.HeldOut, scores, thresholds, finished),
        };
        RgbImage sheet = MapSheet.Compose(set, _images, split.HeldOut, scores, bands, _shape.Width);
        string hash = await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false);
        AssetIdentity identity = new() { Concept = options.Concept, BaseModelHash = hash, Tool = ToolName.Text };
        Guideline guideline = new(identity, [.. tokens.Select(value => (float)value)], plan.Width, [], options.Layers, bands)
        {
            Redrawing = thresholds,
            Synonyms = [.. options.Synonyms],
            Instead = options.Instead,
            Training = LearningRecord.Training(options, set, split),
            Measured = LearningRecord.Measured(separation),
        };
        progress?.Report(new(GuidelineLearningStage.Measuring, 1, 1));
        return new LearnedGuideline(guideline, separation, sheet);
    }

    private void RequirePictures()
    {
        if (options.Pictures.Count == 0) return;
        if (!pipeline.Model.HasVaeEncoder) throw new InvalidRequestException("pictures", "need vae_encoder/model.onnx, which this model folder does not have.");
        (int width, int height) = (pipeline.Model.Width, pipeline.Model.Height);
        foreach (AnnotatedPicture picture in options.Pictures)
        {
            if (picture.Image.Width != width || picture.Image.Height != height)
            {
                throw new InvalidRequestException("pictures", $"must be {width}x{height} for this model, and {picture.Name} is {picture.Image.Width}x{picture.Image.Height}. Scale it first.");
            }
            if (picture.Mask.Width == width && picture.Mask.Height == height) continue;
            throw new InvalidRequestException("masks", $"must be of their picture's size, and {picture.Name}'s is {picture.Mask.Width}x{picture.Mask.Height}.");
        }
    }

    private static IEnumerable<(string Name, string Prompt)> ToDraw(string kind, IReadOnlyList<string> prompts, int count) =>
        prompts.Count == 0 ? [] : Enumerable.Range(0, count).Select(i => ($"{kind}-{i:000}", prompts[i % prompts.Count]));

    private async Task DrawAsync((string Name, string Prompt)[] drawn, FeatureCache cache)
    {
        PictureDrawing drawing = new(pipeline, options.Layers, cache);
        for (int first = 0; first < drawn.Length; first += PictureDrawing.BatchSize)
        {
            progress?.Report(new(GuidelineLearningStage.Drawing, first, drawn.Length));
            int start = first;
            (string Name, string Prompt)[] part = drawn[first..Math.Min(drawn.Length, first + PictureDrawing.BatchSize)];
            RgbImage[] images = await drawing.DrawAsync(first, part.Select((item, i) => Request(item.Prompt, start + i)), cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < part.Length; i++) KeepDrawn(first + i, part[i].Name, images[i]);
        }
        if (drawn.Length > 0) progress?.Report(new(GuidelineLearningStage.Drawing, drawn.Length, drawn.Length));
    }

    private GenerationRequest Request(string prompt, int picture) =>
        new(prompt) { Seed = options.Seed + picture, Steps = options.Steps, GuidanceScale = options.GuidanceScale };

    private async Task ReadPicturesAsync(int first, FeatureCache cache)
    {
        PictureReading reading = new(pipeline, cache);
        for (int i = 0; i < options.Pictures.Count; i++)
        {
            AnnotatedPicture picture = options.Pictures[i];
            progress?.Report(new(GuidelineLearningStage.Reading, i, options.Pictures.Count));
            await reading.ReadAsync(first + i, picture, new TorchNoise(options.Seed + first + i), cancellationToken).ConfigureAwait(false);
            Keep(first + i, picture.Name, picture.Image, picture.Mask);
        }
    }

    /// <summary>Reads the pictures as finished ones are looked at.</summary>
    private async Task<(ScoreTable Scores, int Timestep)> ReadFinishedAsync(double[] token, LearningSet set)
    {
        ReadOnlyMemory<float> embedding = token.Select(value => (float)value).ToArray();
        ScoreTable table = new(set.Pictures, 1, set.Plan.Positions);
        int timestep = 0;
        for (int first = 0; first < _images.Count; first += PictureDrawing.BatchSize)
        {
            progress?.Report(new(GuidelineLearningStage.Measuring, first, _images.Count));
            RgbImage[] part = [.. _images.Skip(first).Take(PictureDrawing.BatchSize)];
            FinishedScores read = await pipeline.ReadFinishedScoresAsync(part, embedding, options.Seed + first, cancellationToken).ConfigureAwait(false);
            timestep = read.Timestep;
            for (int i = 0; i < part.Length; i++) TensorPrimitives.ConvertSaturating(read.Scores[i].Span, table[first + i, 0]);
        }
        return (table, timestep);
    }

    /// <summary>
    /// Leaves out a picture that the annotator cannot tell, and one in which it misses the concept that was asked for: one such picture, taken
    /// for harmless, would raise the calibration above everything that can be found.
    /// </summary>
    private void KeepDrawn(int place, string name, RgbImage image)
    {
        bool isAskedFor = name.StartsWith(WithConcept, StringComparison.Ordinal);
        if (options.Annotator!.Annotate(name, image, cancellationToken) is not { } mask) return;
        if (!isAskedFor || mask.Pixels.Contains(true)) Keep(place, name, image, mask);
    }

    private void Keep(int place, string name, RgbImage image, ConceptMask mask)
    {
        if (mask.Width != image.Width || mask.Height != image.Height)
        {
            throw new InvalidRequestException("annotator", $"marked {mask.Width}x{mask.Height} pixels of {name}, which is {image.Width}x{image.Height}.");
        }
        _places.Add(place);
        _images.Add(image);
        _masks.Add(mask.Pool(_shape.Height, _shape.Width));
    }

    private TokenLearner Learner(LearningSet set, PictureSplit split)
    {
        LearningSettings settings = new(options.ConceptWeight, options.Ridge, options.LearningRate, options.StepsPerPicture, options.HardRounds, options.Seed);
        return options.Method == GuidelineMethod.Sgd ? new SgdLearner(set, split, settings) : new NewtonLearner(set, split, settings);
    }

    /// <summary>The text encoder's states of the concept's tokens, without start and end, <c>[K, D]</c>.</summary>
    private double[] InitialTokens()
    {
        TextStates states = pipeline.EncodeText(options.Concept, cancellationToken);
        int tokens = states.Text!.Pieces.Length;
        if (tokens == 0) throw new InvalidRequestException("concept", $"'{options.Concept}' has no token; name what is to be detected.");
        return [.. states.Values.Slice(states.Width, tokens * states.Width).ToArray().Select(value => (double)value)];
    }

    private void Report(LearningRound round) =>
        progress?.Report(new(GuidelineLearningStage.Learning, round.Round, round.Rounds) { Loss = round.Loss, Iou = round.Iou });
}
