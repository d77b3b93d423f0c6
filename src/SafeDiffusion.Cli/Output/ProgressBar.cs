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

    private static Progress Bar() => Terminal.Error.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn());

    /// <summary>Progress on the loop's own thread, so that the last step is never shown after the end.</summary>
    private sealed class Direct<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
