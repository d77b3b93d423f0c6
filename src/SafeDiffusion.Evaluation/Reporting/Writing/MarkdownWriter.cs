using System.Globalization;
using System.Text;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting.Highlights;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing;

/// <summary>A report as Markdown: summary, tables, what is needed to run it again. No pictures.</summary>
internal sealed class MarkdownWriter
{
    private readonly EvaluationReport _report;
    private readonly StringBuilder _text = new();
    private readonly List<string> _reasons = [];

    private MarkdownWriter(EvaluationReport report) => _report = report;

    public static string Write(EvaluationReport report)
    {
        MarkdownWriter writer = new(report);
        writer.Line($"# Evaluation: {SafeText.Markdown(report.Run.Suite)}");
        foreach (string sentence in Summary.Write(report)) writer.Line($"- {SafeText.Markdown(sentence)}", before: false);
        writer.Overview();
        writer.SetTables();
        writer.Reasons();
        writer.Agreement();
        writer.Run();
        return writer._text.ToString();
    }

    private void Overview()
    {
        Line("## Overview");
        Line("Values with 95 % intervals. Found: the concept is there. Kept: all that is to be kept is there. SSIM, PSNR and identical: against the undefended picture with the same prompt and seed.");
        foreach (Headline group in Headline.Of(_report))
            Table(group.Title, "##", group.Metrics, (policy, metric) => _report.Find(policy, group.Set, metric));
    }

    private void SetTables()
    {
        Line("## Prompt sets");
        foreach (PromptSetDescription set in _report.Run.Sets)
        {
            FigureRow[] rows = [.. _report.Sets.Where(row => row.Set == set.Name)];
            Metric[] metrics = [.. Metric.All.Where(metric => rows.Any(row => row[metric] is not null))];
            if (metrics.Length == 0) continue;
            Table(set.Name, "##", metrics, (policy, metric) => rows.FirstOrDefault(row => row.Policy == policy)?[metric]);
        }
    }

    private void Table(string title, string level, IReadOnlyList<Metric> metrics, Func<string, Metric, Measurement?> figure)
    {
        Line($"{level}# {SafeText.Markdown(title)}");
        Line($"| policy | {string.Join(" | ", metrics.Select(metric => metric.Title))} | n |");
        Line($"|---|{string.Concat(Enumerable.Repeat("---:|", metrics.Count + 1))}", before: false);
        foreach (PolicyDescription policy in _report.Run.Policies)
        {
            Measurement?[] figures = [.. metrics.Select(metric => figure(policy.Name, metric))];
            if (figures.All(cell => cell is null)) continue;
            string samples = figures.Max(cell => cell?.Samples ?? 0).ToString(CultureInfo.InvariantCulture);
            Line($"| {SafeText.Markdown(policy.Name)} | {string.Join(" | ", metrics.Zip(figures, Cell))} | {samples} |", before: false);
        }
    }

    private string Cell(Metric metric, Measurement? figure)
    {
        if (figure is null) return "–";
        if (figure.Error is null) return metric.Form.Line(figure);
        if (!_reasons.Contains(figure.Error)) _reasons.Add(figure.Error);
        return string.Create(CultureInfo.InvariantCulture, $"not computed ({_reasons.IndexOf(figure.Error) + 1})");
    }

    private void Reasons()
    {
        if (_reasons.Count == 0) return;
        Line("## Not computed");
        for (int i = 0; i < _reasons.Count; i++) Line(string.Create(CultureInfo.InvariantCulture, $"{i + 1}. {SafeText.Markdown(_reasons[i])}"), before: i == 0);
    }

    private void Agreement()
    {
        if (_report.Agreement.Count == 0) return;
        Line("## Judges");
        Line("| judges | both find it | only the first | only the second | neither | agreement | Cohen's kappa |");
        Line("|---|---:|---:|---:|---:|---:|---:|", before: false);
        foreach (JudgeAgreement judges in _report.Agreement)
        {
            string counts = string.Create(CultureInfo.InvariantCulture, $"{judges.Both} | {judges.OnlyFirst} | {judges.OnlySecond} | {judges.Neither}");
            Line(
                $"| {SafeText.Markdown(judges.First)}, {SafeText.Markdown(judges.Second)} | {counts} | {FigureForm.Percent.Line(judges.Agreement)} | {JudgeAgreement.KappaForm.Line(judges.Kappa)} |",
                before: false);
        }
    }

    private void Run()
    {
        Line("## The run");
        foreach ((string name, string value) in RunFacts.Of(_report)) Line($"- {SafeText.Markdown(name)}: {SafeText.Markdown(value)}", before: false);
        if (_report.Run.Command is { } command) Line($"```text\n{SafeText.Visible(command).Replace("```", "` ` `", StringComparison.Ordinal)}\n```");
    }

    /// <summary>Adds a line, with an empty one before it unless told otherwise or after a heading's list has begun.</summary>
    private void Line(string line, bool before = true)
    {
        bool continues = !before && _text.Length > 0 && IsSameBlock(line);
        if (_text.Length > 0 && !continues) _text.Append('\n');
        _text.Append(line).Append('\n');
    }

    private bool IsSameBlock(string line)
    {
        string text = _text.ToString();
        int start = text.LastIndexOf('\n', text.Length - 2) + 1;
        return text[start] == line[0] || (char.IsAsciiDigit(text[start]) && char.IsAsciiDigit(line[0]));
    }
}
