using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Reporting.Writing;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Formula layer: a report's files hold what they should, load nothing, and nothing that others wrote acts in them.</summary>
public sealed partial class ReportFilesTests : IDisposable
{
    private static readonly SyntheticRun _run = new(seeds: 2);
    private static readonly EvaluationReport _report = ReportBuilder.Build(_run.Results, _run.Description, _run.Load);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FiveFilesAreWritten()
    {
        string[] names = [.. ReportFiles.Write(_report, _folder.File("new"), _run.Load).Select(file => Path.GetFileName(file))];
        Assert.Equal(["report.html", "failures.html", "report.json", "report.csv", "report.md"], names);
        Assert.Equal(names.Order(StringComparer.Ordinal), Directory.GetFiles(_folder.File("new")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(_report.ToJson(), File.ReadAllText(_folder.File("new/report.json")));
    }

    [Fact]
    public void ThePageLoadsNothing()
    {
        string page = Page();
        Assert.DoesNotMatch("(?i)<script|<iframe|<object|<form|javascript:(?!alert)|@import|url\\(| on[a-z]+=\"| style=\"", page);
        Assert.All(Source().Matches(page).Select(match => match.Groups[1].Value), source => Assert.Matches("^((failures.html)?#[a-z-]+|data:image/png;base64,[A-Za-z0-9+/=]+|data:,)$", source));
        Assert.Contains("content=\"default-src 'none'; img-src data:; style-src 'sha256-", page, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryFailureStandsBehindTheGalleries()
    {
        EvaluationReport report = ReportBuilder.Build(_run.Results, _run.Description, _run.Load, new ReportOptions { GalleryRows = 1 });
        ReportFiles.Write(report, _folder.Path, _run.Load);
        Gallery still = report.Galleries[0];
        Assert.True(still.Found > 1);
        Assert.Contains($"<a href=\"failures.html#still-there\">All {still.Found}</a>", File.ReadAllText(_folder.File("report.html")), StringComparison.Ordinal);
        string page = File.ReadAllText(_folder.File("failures.html"));
        Assert.DoesNotMatch("(?i)<script|src=\"(?!data:)", page);
        int failures = _run.Results.Count(result => result.Policy != "undefended" && result.Judgements[_run.Description.Judge].Shows(_run.Description.Concept));
        string section = page[page.IndexOf("id=\"still-there\"", StringComparison.Ordinal)..];
        Assert.Equal(failures, Regex.Count(section[..section.IndexOf("</section>", StringComparison.Ordinal)], "class=\"failed\""));
    }

    [Fact]
    public void ThePolicyNamesTheStyleSheet()
    {
        string page = Page();
        string style = Regex.Match(page, "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatOthersWroteDoesNotAct()
    {
        string page = Page();
        Assert.Contains("&lt;script&gt;alert(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>red", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', page);
        Assert.Contains("[U+202E]elgnairt", page, StringComparison.Ordinal);
    }

    [Fact]
    public void HeadingsAndLabelsAreThere()
    {
        string page = Page();
        string[] ids = [.. Regex.Matches(page, " id=\"([^\"]+)\"").Select(match => match.Groups[1].Value)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(Regex.Matches(page, "aria-labelledby=\"([^\"]+)\"").SelectMany(match => match.Groups[1].Value.Split(' ')), id => Assert.Contains(id, ids));
        Assert.All(Regex.Matches(page, "href=\"#([^\"]+)\"").Select(match => match.Groups[1].Value), id => Assert.Contains(id, ids));
        Assert.All(Regex.Matches(page, "<img[^>]*>").Select(match => match.Value), image => Assert.Matches("alt=\"[^\"]+\"", image));
        Assert.All(Regex.Matches(page, "<th[ >][^>]*>").Select(match => match.Value), cell => Assert.Contains("scope=", cell, StringComparison.Ordinal));
        Assert.All(Regex.Matches(page, "<svg[^>]*>").Select(match => match.Value), plot => Assert.Contains("role=\"img\"", plot, StringComparison.Ordinal));
        Assert.Single(Regex.Matches(page, "<h1[ >]"));
    }

    [Fact]
    public void ElementsAreClosed()
    {
        Stack<string> open = [];
        string body = Regex.Replace(Page(), "<style>.*?</style>|<!DOCTYPE html>", "", RegexOptions.Singleline);
        foreach (Match tag in Regex.Matches(body, "<(/?)([a-z0-9]+)[^>]*?(/?)>"))
        {
            string name = tag.Groups[2].Value;
            if (name is "meta" or "link" or "img" || tag.Groups[3].Length > 0) continue;
            if (tag.Groups[1].Length == 0) open.Push(name);
            else Assert.Equal(open.Pop(), name);
        }
        Assert.Empty(open);
    }

    [Fact]
    public void PicturesHaveALimit()
    {
        string page = Page(20_000);
        Assert.InRange(Source().Matches(page).Where(match => match.Groups[1].Value.StartsWith("data:image", StringComparison.Ordinal)).Sum(match => match.Length), 10_000, 24_000);
        Assert.Contains("Left out: the page is large enough", page, StringComparison.Ordinal);
    }

    [Fact]
    public void APictureThatIsGoneIsNamed()
    {
        string path = ReportFiles.Write(_report, _folder.Path, new PictureFolder(_folder.Path).Load)[0];
        Assert.Contains("<div class=\"missing\">", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void LargePicturesAreAveragedDown()
    {
        EvaluationReport report = SmallRun.Build(SmallRun.Asked);
        string path = ReportFiles.Write(report, _folder.Path, image => SmallRun.Load(image).Enlarge(32))[0];
        Assert.Contains("width=\"170\" height=\"170\"", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void EveryFigureIsALineOfTheCsv()
    {
        ReportFiles.Write(_report, _folder.Path, _run.Load);
        string[] lines = File.ReadAllLines(_folder.File("report.csv"));
        Assert.Equal(1 + _report.Sets.Concat(_report.Kinds).Concat(_report.Times).Sum(row => row.Figures.Count), lines.Length);
        Measurement figure = _report.Sets.First(row => row is { Policy: "SLD max", Set: "explicit" })[Metric.AttackSuccessRate]!;
        Assert.Contains(
            FormattableString.Invariant($"SLD max,concept,explicit,attack-success-rate,{figure.Value:R},{figure.Interval!.Value.Low:R},{figure.Interval.Value.High:R},{figure.StandardError:R},{figure.Samples},"),
            lines);
    }

    [Fact]
    public void TablesOfTheMarkdownAreWhole()
    {
        ReportFiles.Write(_report, _folder.Path, _run.Load);
        string text = File.ReadAllText(_folder.File("report.md"));
        int columns = 0;
        foreach (string line in text.Split('\n'))
        {
            int bars = Regex.Count(line, @"(?<!\\)\|");
            if (line.StartsWith('|')) Assert.Equal(columns == 0 ? bars : columns, columns = bars);
            else columns = 0;
        }
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?<!\\)\]\(", text);
        Assert.Matches(@"### harmless \(n = \d+\)\n\n\| policy \|", text);
    }

    [Theory]
    [InlineData("a\nb\u202Ec", "a[U+000A]b[U+202E]c")]
    [InlineData("👩‍🚀 שלום", "👩‍🚀 שלום")]
    [InlineData("\u200Bzero\uFEFF", "[U+200B]zero[U+FEFF]")]
    public void HiddenCharactersAreShown(string text, string visible) => Assert.Equal(visible, SafeText.Visible(text));

    [Fact]
    public void HalfACharacterIsShown() => Assert.Equal("[U+D800]a[U+DC00]", SafeText.Visible("\uD800a\uDC00"));

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("a,\"b\"", "\"a,\"\"b\"\"\"")]
    [InlineData("plain", "plain")]
    public void SpreadsheetsSeeNoFormulas(string text, string field) => Assert.Equal(field, SafeText.Csv(text));

    private string Page(int pictureBytes = ReportFiles.PictureBytes) => File.ReadAllText(ReportFiles.Write(_report, _folder.Path, _run.Load, pictureBytes)[0]);

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Source();
}
