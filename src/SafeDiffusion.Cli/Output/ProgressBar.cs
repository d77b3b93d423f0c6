using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>A progress bar for a generation, on standard error.</summary>
internal static class ProgressBar
{
    public static async Task<GenerationResult> RunAsync(
        bool quiet, string title, Func<IProgress<GenerationProgress>, Task<GenerationResult>> generate, IProgress<GenerationProgress>? also = null)
    {
        if (quiet) return await generate(new Direct(value => also?.Report(value))).ConfigureAwait(false);
        return await Terminal.Error.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title));
                return await generate(new Direct(value =>
                {
                    task.MaxValue = value.Steps;
                    task.Value = value.Step;
                    also?.Report(value);
                })).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    /// <summary>Progress on the loop's own thread, so that the last step is never shown after the end.</summary>
    private sealed class Direct(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
