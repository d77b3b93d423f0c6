using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>A progress bar for learning, on standard error: a bar per stage.</summary>
internal static class LearningProgressBar
{
    public static async Task<TLearned> RunAsync<TProgress, TLearned>(
        bool quiet, Func<TProgress, LearningBar> bar, Func<IProgress<TProgress>?, IProgress<LoadProgress>?, Task<TLearned>> learn)
    {
        if (quiet) return await learn(null, null).ConfigureAwait(false);
        return await Terminal.Error.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(context =>
            {
                ProgressTask loading = context.AddTask("loading");
                return learn(new Bars<TProgress>(context, bar), new LoadingDisplay.Direct(value =>
                {
                    loading.Description = LoadingDisplay.Text(value);
                    loading.MaxValue = value.Total;
                    loading.Value = value.Done;
                }));
            }).ConfigureAwait(false);
    }

    private sealed class Bars<TProgress>(ProgressContext context, Func<TProgress, LearningBar> bar) : IProgress<TProgress>
    {
        private readonly Dictionary<string, ProgressTask> _tasks = [];

        public void Report(TProgress value)
        {
            LearningBar told = bar(value);
            if (!_tasks.TryGetValue(told.Stage, out ProgressTask? task))
            {
                foreach (ProgressTask earlier in _tasks.Values) earlier.Value = earlier.MaxValue;
                task = _tasks[told.Stage] = context.AddTask(told.Stage);
            }
            task.MaxValue = Math.Max(1, told.Total);
            task.Value = told.Done;
            if (told.Text is not null) task.Description = told.Text;
        }
    }
}
