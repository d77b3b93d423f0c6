using System.Globalization;
using SafeDiffusion.Evaluation.Runs;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>Shows how far an evaluation is, on standard error: a table that is kept up to date, or a line now and then where that is no terminal.</summary>
internal static class EvaluationDisplay
{
    private static readonly TimeSpan _lineEvery = TimeSpan.FromSeconds(10);

    public static async Task<EvaluationOutcome> RunAsync(bool quiet, Func<IProgress<EvaluationProgress>?, IProgress<LoadProgress>?, Task<EvaluationOutcome>> run)
    {
        if (quiet) return await run(null, null).ConfigureAwait(false);
        if (!Terminal.Error.Profile.Capabilities.Interactive) return await run(new Lines(), null).ConfigureAwait(false);
        return await Terminal.Error.Live(new Text("loading …"))
            .StartAsync(context => run(
                new Direct(value => context.UpdateTarget(Figure(value))),
                new LoadingDisplay.Direct(value => context.UpdateTarget(new Text(LoadingDisplay.Text(value)))))).ConfigureAwait(false);
    }

    /// <summary>What a run came to, in a line.</summary>
    public static string Summary(EvaluationOutcome outcome) =>
        (outcome.Rows == 0
            ? $"All {outcome.Results.Count} results were there already."
            : $"{outcome.Results.Count} results; {outcome.Rows} UNet rows in {Time(outcome.Elapsed)}{Rate(outcome.Rows / outcome.Elapsed.TotalSeconds, "")}.")
            + (outcome.Missing == 0 ? "" : $" {outcome.Missing} are other shards'; join the folders with merge.");

    private static Table Figure(EvaluationProgress progress)
    {
        Table table = new Table().Title(Markup.Escape(Line(progress))).AddColumns("policy", "pictures with the concept asked for", "concept found");
        foreach (PolicyProgress policy in progress.Policies) table.AddRow(Markup.Escape(policy.Policy), $"{policy.Pictures}", Share(policy));
        return table;
    }

    private static string Line(EvaluationProgress progress) =>
        $"{progress.Done}/{progress.Total} results{Rate(progress.RowsPerSecond, " rows")}" + (progress.Done == progress.Total ? "" : $", {Left(progress)}");

    private static string Left(EvaluationProgress progress) => progress.Remaining is { } remaining ? $"{Time(remaining)} left" : "time left not known yet";

    /// <summary>A rate of what was drawn; nothing where nothing was, as in a run that was finished before.</summary>
    private static string Rate(double rate, string unit) => rate > 0 && double.IsFinite(rate)
        ? string.Create(CultureInfo.InvariantCulture, $", {Math.Max(rate, 0.1).ToString(rate < 10 ? "0.0" : "0", CultureInfo.InvariantCulture)}{unit} a second")
        : "";

    private static string Figures(EvaluationProgress progress) =>
        string.Join(", ", progress.Policies.Where(policy => policy.Pictures > 0).Select(policy => $"{policy.Policy} {Share(policy)}"));

    private static string Share(PolicyProgress policy) =>
        policy.Pictures == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * policy.Shown / policy.Pictures:0} %");

    private static string Time(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";

    private sealed class Lines : IProgress<EvaluationProgress>
    {
        private TimeSpan _next;

        public void Report(EvaluationProgress value)
        {
            if (value.Elapsed < _next && value.Done < value.Total) return;
            _next = value.Elapsed + _lineEvery;
            string figures = Figures(value);
            Terminal.Error.WriteLine(figures.Length == 0 ? Line(value) : $"{Line(value)}; concept found: {figures}");
        }
    }

    private sealed class Direct(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}
