using System.Globalization;
using SafeDiffusion.Training;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>A progress bar for learning, on standard error: a bar per stage, with loss and overlap.</summary>
internal static class LearningProgressBar
{
    public static async Task<LearnedGuideline> RunAsync(bool quiet, Func<IProgress<GuidelineLearningProgress>?, IProgress<LoadProgress>?, Task<LearnedGuideline>> learn)
    {
        if (quiet) return await learn(null, null).ConfigureAwait(false);
        return await Terminal.Error.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(context =>
            {
                ProgressTask loading = context.AddTask("loading");
                return learn(new Bars(context), new LoadingDisplay.Direct(value =>
                {
                    loading.Description = LoadingDisplay.Text(value);
                    loading.MaxValue = value.Total;
                    loading.Value = value.Done;
                }));
            }).ConfigureAwait(false);
    }

    private sealed class Bars(ProgressContext context) : IProgress<GuidelineLearningProgress>
    {
        private readonly Dictionary<GuidelineLearningStage, ProgressTask> _tasks = [];

        public void Report(GuidelineLearningProgress value)
        {
            if (!_tasks.TryGetValue(value.Stage, out ProgressTask? task))
            {
                foreach (ProgressTask earlier in _tasks.Values) earlier.Value = earlier.MaxValue;
                task = _tasks[value.Stage] = context.AddTask(value.Stage.ToString().ToLowerInvariant());
            }
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Done;
            if (value is { Loss: { } loss, Iou: { } iou }) task.Description = string.Create(CultureInfo.InvariantCulture, $"learning: loss {loss:0.0000}, overlap {iou:0.000}");
        }
    }
}
