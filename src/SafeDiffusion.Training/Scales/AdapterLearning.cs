using System.Collections.Immutable;
using System.Globalization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Protections;
using SafeDiffusion.Training.Measuring;
using SafeDiffusion.Training.Scales.Drawing;
using SafeDiffusion.Training.Scales.Fitting;
using SafeDiffusion.Training.Scales.Labelling;
using SafeDiffusion.Training.Scales.Measuring;

namespace SafeDiffusion.Training.Scales;

/// <summary>One run of <see cref="AdapterLearner"/>.</summary>
internal sealed class AdapterLearning(
    SafeDiffusionPipeline pipeline, AdapterLearningOptions options, IProgress<AdapterLearningProgress>? progress, CancellationToken cancellationToken)
{
    private readonly ImmutableArray<PlannedSeries> _series = PlannedSeries.Of(options.Concepts, options.Seeds, options.Seed);
    private readonly SeriesDrawing _drawing = new(pipeline, options.Concepts, new(options.Preset, options.Scales, options.Steps, options.GuidanceScale));

    public async Task<string> WriteSheetsAsync(string folder, string file)
    {
        List<ScaleSeries> rows = [];
        PlannedSeries[] judged = Judged();
        for (int i = 0; i < judged.Length; i++)
        {
            progress?.Report(new(AdapterLearningStage.Drawing, i, judged.Length));
            rows.Add(await _drawing.DrawAsync(judged[i], cancellationToken).ConfigureAwait(false));
            if (i < judged.Length - 1 && judged[i + 1].Prompt == judged[i].Prompt) continue;
            ScaleSheets.Compose(rows).SavePng(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"sheet-{judged[i].Prompt:000}.png")));
            rows.Clear();
        }
        AtomicFile.WriteText(file, ScaleLabels.Template(await DrawnWithAsync().ConfigureAwait(false), judged.Select(Key)));
        return file;
    }

    public async Task<LearnedAdapter> LearnAsync(IScaleJudge judge)
    {
        foreach (ScaleConcept concept in options.Concepts) judge.Require(concept);
        PlannedSeries[] judged = Judged();
        Dictionary<PlannedSeries, float?> scales = [];
        for (int i = 0; i < judged.Length; i++)
        {
            progress?.Report(new(AdapterLearningStage.Drawing, i, judged.Length));
            ScaleSeries series = await _drawing.DrawAsync(judged[i], cancellationToken).ConfigureAwait(false);
            float? scale = judge.BestScale(series, cancellationToken);
            if (scale is < 0 || scale > options.Scales[^1] || scale is { } given && !float.IsFinite(given)) throw new InvalidRequestException("judge", $"says scale {scale} of \"{series.Prompt}\", which is not among those drawn.");
            scales[judged[i]] = scale;
        }
        return await LearnAsync(series => scales[series], judge.Description).ConfigureAwait(false);
    }

    public async Task<LearnedAdapter> LearnAsync(ScaleLabels labels)
    {
        labels.Require(await DrawnWithAsync().ConfigureAwait(false), [.. Judged().Select(Key)], options.Scales[^1]);
        return await LearnAsync(series => labels.Of(Key(series).Concept, series.Text, series.Seed), "a person's labels").ConfigureAwait(false);
    }

    private PlannedSeries[] Judged() => [.. _series.Where(series => !series.IsHarmless)];

    private (string Concept, string Prompt, long Seed) Key(PlannedSeries series) => (options.Concepts[series.Concept].Text, series.Text, series.Seed);

    private async Task<LearnedAdapter> LearnAsync(Func<PlannedSeries, float?> scaleOf, string judge)
    {
        List<ScaleSample> samples = await ReadAsync(scaleOf).ConfigureAwait(false);
        (ScaleSample[] learned, ScaleSample[] heldOut) = AdapterSplit.Deal(samples, options.HeldOut, options.Seed);
        AssetIdentity identity = new()
        {
            Concept = string.Join(", ", options.Concepts.Select(concept => concept.Text)),
            BaseModelHash = await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false),
            Tool = ToolName.Text,
        };
        SafeTensorsFile network = Fit(learned, (epoch, loss) => progress?.Report(new(AdapterLearningStage.Learning, epoch, options.Epochs) { Loss = loss }));
        ScaleAdapter adapter = new(identity, network);
        AdapterFigures figures = AdapterFigures.Of(learned, heldOut, adapter);

        List<UnseenConcept> unseen = [];
        List<(float, float)> unseenDots = [];
        int[] concepts = [.. samples.Select(sample => sample.Concept).Distinct()];
        for (int i = 0; i < concepts.Length && concepts.Length > 1; i++)
        {
            progress?.Report(new(AdapterLearningStage.Measuring, i, concepts.Length));
            ScaleSample[] others = [.. samples.Where(sample => sample.Concept != concepts[i])], own = [.. samples.Where(sample => sample.Concept == concepts[i])];
            ScaleAdapter without = new(identity, Fit(others, report: null));
            unseen.Add(new(options.Concepts[concepts[i]].Text, AdapterFigures.Of(others, own, without)));
            unseenDots.AddRange(Dots(without, own));
        }
        string plot = ScalePlot.Write([.. Dots(adapter, heldOut)], unseenDots, options.Scales[^1]);
        ScaleAdapter told = new(identity, network)
        {
            Preset = options.Preset,
            Training = AdapterRecord.Training(options, samples, learned.Length, _series.Length - samples.Count, judge),
            Measured = AdapterRecord.Measured(figures, unseen),
        };
        return new(told, figures, [.. unseen], plot);
    }

    private static IEnumerable<(float, float)> Dots(ScaleAdapter adapter, IEnumerable<ScaleSample> samples) =>
        samples.Select(sample => (sample.Scale, AdapterFigures.Answer(adapter, sample)));

    private async Task<List<ScaleSample>> ReadAsync(Func<PlannedSeries, float?> scaleOf)
    {
        List<ScaleSample> samples = [];
        int done = 0;
        foreach (PlannedSeries[] batch in _series.Chunk(SeriesDrawing.BatchSize))
        {
            progress?.Report(new(AdapterLearningStage.Reading, done, _series.Length));
            float[][][] responses = await _drawing.ReadAsync(batch, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < batch.Length; i++)
            {
                float? scale = batch[i].IsHarmless ? 0 : scaleOf(batch[i]);
                if (scale is { } told) samples.Add(new(batch[i].Concept, batch[i].Prompt, batch[i].IsHarmless, responses[i], told));
            }
            done += batch.Length;
        }
        return samples;
    }

    private SafeTensorsFile Fit(IReadOnlyList<ScaleSample> samples, Action<int, double>? report)
    {
        FittingSettings settings = new(options.Epochs, options.LearningRate, options.HarmlessTarget, options.Preset == GrowthInhibitorPreset.Contrasting, options.Seed);
        return new AdapterFit(samples, settings).Run(report, cancellationToken);
    }

    /// <summary>All that a picture depends on, but for what each line says.</summary>
    private async Task<string> DrawnWithAsync()
    {
        string hash = await pipeline.GetWeightsHashAsync(cancellationToken).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"model {hash[..12]}; {options.Preset.ToString().ToLowerInvariant()}; scales {string.Join(' ', options.Scales)}; steps {options.Steps}; guidance {options.GuidanceScale}");
    }
}
