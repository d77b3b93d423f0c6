using SafeDiffusion.Baking;
using SafeDiffusion.Evaluation.Robustness;
using SafeDiffusion.Instrumentation.Baking;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Quantizing;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>A progress bar for a generation, on standard error.</summary>
internal static class ProgressBar
{
    public static async Task<GenerationResult> RunAsync(
        bool quiet, string title, Func<IProgress<GenerationProgress>, Task<GenerationResult>> generate, IProgress<GenerationProgress>? also = null)
    {
        if (quiet) return await generate(new Direct<GenerationProgress>(value => also?.Report(value))).ConfigureAwait(false);
        return await Bar()
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title));
                return await generate(new Direct<GenerationProgress>(value =>
                {
                    task.Description = Markup.Escape(value.Redraws == 0 ? title : $"{title}, begun again: {value.Pictures}");
                    task.MaxValue = value.Steps;
                    task.Value = value.Step;
                    also?.Report(value);
                })).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    /// <summary>One bar for the stages of a purification, which all have the same steps.</summary>
    public static async Task<PurifyResult> RunAsync(bool quiet, Func<IProgress<PurifyProgress>?, Task<PurifyResult>> purify)
    {
        if (quiet) return await purify(null).ConfigureAwait(false);
        int stages = Enum.GetValues<PurifyStage>().Length;
        return await Bar().StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("looking");
            PurifyResult result = await purify(new Direct<PurifyProgress>(value =>
            {
                task.Description = value.Stage.ToString().ToLowerInvariant();
                task.MaxValue = stages * value.Steps;
                task.Value = (int)value.Stage * value.Steps + value.Step;
            })).ConfigureAwait(false);
            task.Value = task.MaxValue;
            return result;
        }).ConfigureAwait(false);
    }

    /// <summary>One bar for the weights that are baked.</summary>
    public static async Task<BakingResult> RunAsync(bool quiet, Func<IProgress<BakingProgress>?, Task<BakingResult>> bake)
    {
        if (quiet) return await bake(null).ConfigureAwait(false);
        return await Bar().StartAsync(context =>
        {
            ProgressTask task = context.AddTask("reading the weights");
            return bake(new Direct<BakingProgress>(value =>
            {
                task.Description = value.Done < value.Total ? "baking" : "checking";
                task.MaxValue = value.Total;
                task.Value = value.Done;
            }));
        }).ConfigureAwait(false);
    }

    /// <summary>A bar for each stage of a quantisation.</summary>
    public static async Task<QuantizationPlan> RunAsync(bool quiet, Func<IProgress<QuantizationProgress>?, Task<QuantizationPlan>> quantize)
    {
        if (quiet) return await quantize(null).ConfigureAwait(false);
        return await Bar().StartAsync(context =>
        {
            Dictionary<QuantizationStage, ProgressTask> tasks = Enum.GetValues<QuantizationStage>().ToDictionary(stage => stage, stage => context.AddTask(stage.ToString().ToLowerInvariant(), autoStart: false));
            return quantize(new Direct<QuantizationProgress>(value =>
            {
                foreach ((QuantizationStage stage, ProgressTask task) in tasks.Where(task => task.Key < value.Stage && !task.Value.IsFinished)) task.Value = task.MaxValue;
                if (!tasks[value.Stage].IsStarted) tasks[value.Stage].StartTask();
                tasks[value.Stage].MaxValue = Math.Max(1, value.Total);
                tasks[value.Stage].Value = value.Done;
            }));
        }).ConfigureAwait(false);
    }

    /// <summary>One bar for the prompts that a search finds.</summary>
    public static async Task<RobustnessResult> RunAsync(bool quiet, Func<IProgress<RobustnessProgress>?, Task<RobustnessResult>> search)
    {
        if (quiet) return await search(null).ConfigureAwait(false);
        return await Bar().StartAsync(context =>
        {
            ProgressTask task = context.AddTask("searching");
            return search(new Direct<RobustnessProgress>(value =>
            {
                task.Description = $"{value.Found} found of {value.Tried} tried, {value.Draws} pictures";
                task.Value = 100 * Math.Max((double)value.Found / value.Wanted, (double)value.Draws / value.MaxDraws);
            }));
        }).ConfigureAwait(false);
    }

    private static Progress Bar() => Terminal.Error.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn());

    /// <summary>Progress on the loop's own thread, so that the last step is never shown after the end.</summary>
    private sealed class Direct<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
