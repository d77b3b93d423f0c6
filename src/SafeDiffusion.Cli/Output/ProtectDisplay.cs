using System.Globalization;
using SafeDiffusion.Composing;
using SafeDiffusion.Composing.Reporting;
using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>Shows how far protecting a model is, on standard error, and what it came to.</summary>
internal static class ProtectDisplay
{
    private static readonly TimeSpan _lineEvery = TimeSpan.FromSeconds(10);

    public static async Task<ProtectionOutcome> RunAsync(bool quiet, Func<IProgress<ProtectionProgress>?, Task<ProtectionOutcome>> run)
    {
        if (quiet) return await run(null).ConfigureAwait(false);
        if (!Terminal.Error.Profile.Capabilities.Interactive) return await run(new Lines()).ConfigureAwait(false);
        return await Terminal.Error.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(context => run(new Bar(context.AddTask("measuring")))).ConfigureAwait(false);
    }

    /// <summary>Prints the figures, what was not reached, and the files; warnings quiet or not.</summary>
    public static void Tell(ProtectionOutcome outcome, bool quiet)
    {
        ProtectionReport report = outcome.Report;
        if (!quiet)
        {
            foreach (PolicyFigures figures in report.Measured) Write(figures);
        }
        foreach (AssetNote asset in report.Assets)
        {
            foreach (string fault in asset.Shortcomings) Terminal.WriteWarning($"the {asset.Kind}: {fault}");
        }
        foreach (string missed in report.NotReached) Terminal.WriteWarning($"{report.Candidates[0].Name} did not reach a limit on the prompts and seeds of the figures: {missed}");
        if (report.Chosen is { } chosen && !quiet) Terminal.Error.WriteLine($"Chosen: {chosen}. {report.Candidates[0].Policy}");
        if (report.Chosen is null) Terminal.WriteError(Nothing(report));
        if (quiet) return;
        foreach (string file in outcome.Files) Terminal.WriteFile(file);
    }

    private static string Nothing(ProtectionReport report) =>
        $"every candidate missed a limit; the nearest was {report.Candidates[0].Name}:\n{string.Join('\n', report.Candidates[0].Missed)}\n"
        + (report.Written is null ? "No policy was written. Change the limits, or write it nevertheless with --force." : "It was written nevertheless, as asked for.");

    private static void Write(PolicyFigures figures)
    {
        TextTable table = new($"{figures.Policy}, on prompts and seeds of their own", "prompts", "pictures", "concept found", "kept", "identical", "cleared and clean", "rows");
        foreach (SetFigures set in figures.Sets)
        {
            table.Add(set.Set, set.Pictures.ToString(CultureInfo.InvariantCulture), Text(set.Found), Text(set.Kept), Text(set.Identical), Text(set.Clean), FigureForm.Multiple.Value(set.Cost));
        }
        table.Write();
    }

    private static string Text(Measurement? share) => share?.Value is null ? "" : FigureForm.Percent.Line(share);

    private static string Line(ProtectionProgress progress) =>
        progress.Remaining is { } left ? string.Create(CultureInfo.InvariantCulture, $"{progress.Text}, {(int)left.TotalMinutes}:{left.Seconds:00} left") : progress.Text;

    private sealed class Bar(ProgressTask task) : IProgress<ProtectionProgress>
    {
        public void Report(ProtectionProgress value)
        {
            if (value.Stage == ProtectionStage.Estimated) Terminal.Error.WriteLine(value.Text);
            task.Description = Markup.Escape(Line(value));
            task.Value = 100 * value.Done;
        }
    }

    private sealed class Lines : IProgress<ProtectionProgress>
    {
        private long _next;
        private string _text = "";

        public void Report(ProtectionProgress value)
        {
            if (value.Text == _text && Environment.TickCount64 < _next) return;
            (_text, _next) = (value.Text, Environment.TickCount64 + (long)_lineEvery.TotalMilliseconds);
            Terminal.Error.WriteLine(value.Stage == ProtectionStage.Estimated ? value.Text : Line(value));
        }
    }
}
