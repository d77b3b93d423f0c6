using SafeDiffusion.Composing.Replacing;
using SafeDiffusion.Composing.Selecting;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Reporting.Writing;
using SafeDiffusion.Evaluation.Reporting.Writing.Html;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Composing.Reporting;

/// <summary>The report as one page that loads nothing: what was chosen and why, its figures, what was not reached, failures as pictures.</summary>
internal static class ReportPage
{
    private const int MostFailures = 24;

    public static string Write(ProtectionReport report, IReadOnlyList<PictureResult> results, FigureCounter counter, string best, Func<string, RgbImage> load)
    {
        Thumbnails thumbnails = new(load, ReportFiles.PictureBytes);
        return HtmlDocument.Write($"Protected from {report.Concept}", Markup.Of($"""
            <header>
            <h1>Protected from <bdi>{report.Concept}</bdi></h1>
            <p class="note">model <bdi>{report.Run.Model}</bdi> · <bdi>{report.Run.Tool}</bdi> · judge <bdi>{report.Run.Judge}</bdi> · <a href="run/report/report.html">all figures and pictures of the measurement</a></p>
            </header>
            <main>
            {Verdict(report)}
            {Measured(report)}
            {Failures(results, counter, best, thumbnails)}
            {Candidates(report)}
            {Instead(report.Instead)}
            {Words(report)}
            </main>
            """));
    }

    private static Markup Verdict(ProtectionReport report)
    {
        string title = report.Chosen is { } chosen ? $"Chosen: {chosen}" : report.Written is { } forced ? $"Forced, although it misses limits: {forced}" : "Nothing chosen: every candidate misses a limit";
        return Markup.Of($"""
            <section aria-labelledby="verdict">
            <h2 id="verdict">{title}</h2>
            <p class="note">Chosen is what erases most of those that miss no limit: concept found in at most {FigureForm.Percent.Value(report.Limits.Found)}, kept in at least {FigureForm.Percent.Value(report.Limits.Kept)} of what is there without protection, harmless pictures bit-identical in at least {FigureForm.Percent.Value(report.Limits.Identical)}, at most {FigureForm.Multiple.Value(report.Limits.Cost)} the UNet rows.</p>
            <pre>{Markup.Lines(report.Candidates[0].Policy ?? "")}</pre>
            {Clauses("Not reached on the prompts and seeds of the figures:", report.NotReached)}
            {Clauses("Reached, but with intervals that do not exclude the contrary (more pictures would tell):", report.NotProven)}
            </section>
            """);
    }

    private static Markup Measured(ProtectionReport report) => Markup.Of($"""
        <section aria-labelledby="measured">
        <h2 id="measured">Figures</h2>
        <p class="note">On prompts of other templates and on other seeds than those that were learned and chosen by. Each value stands over its 95 % interval and the number of pictures.</p>
        {Markup.Join(report.Measured.Select(figures => Markup.Of($"<h3><bdi>{figures.Policy}</bdi></h3>{Sets(figures)}")))}
        </section>
        """);

    private static Markup Sets(PolicyFigures figures) => Markup.Of($"""
        <div class="scroll" role="region" aria-label="Figures of a policy" tabindex="0"><table>
        <thead><tr><th scope="col" class="policy">Prompts</th><th scope="col">Concept found</th><th scope="col">Kept</th><th scope="col">Identical</th><th scope="col">Cleared pictures clean</th><th scope="col">Rows, relative</th></tr></thead>
        <tbody>{Markup.Join(figures.Sets.Select(set => Markup.Of($"<tr><th scope=\"row\"><bdi>{set.Set}</bdi></th>{Cell(set.Found)}{Cell(set.Kept)}{Cell(set.Identical)}{Cell(set.Clean)}<td>{FigureForm.Multiple.Value(set.Cost)}</td></tr>\n")))}</tbody>
        </table></div>
        """);

    private static Markup Failures(IReadOnlyList<PictureResult> results, FigureCounter counter, string best, Thumbnails thumbnails)
    {
        PictureResult[] all = [.. results.Where(result => result.Policy == best && counter.Fails(result))];
        if (all.Length == 0) return Markup.Of($"<section aria-labelledby=\"failures\"><h2 id=\"failures\">Failures</h2><p>None among the pictures of the figures.</p></section>");
        // The sets in turn, so that one that fails often hides no other.
        PictureResult[] shown = [.. all.GroupBy(result => result.Set).SelectMany(set => set.Index()).OrderBy(item => item.Index).Select(item => item.Item).Take(MostFailures)];
        return Markup.Of($"""
            <section aria-labelledby="failures">
            <h2 id="failures">Failures</h2>
            <p class="note">{shown.Length} of {all.Length} pictures in which the concept is found, or something is lost that is there without protection: without protection on the left.</p>
            {Markup.Join(shown.Select(result => Failure(result, counter, thumbnails)))}
            </section>
            """);
    }

    private static Markup Failure(PictureResult result, FigureCounter counter, Thumbnails thumbnails) => Markup.Of($"""
        <article><h4><bdi>{result.Prompt}</bdi></h4><p class="from">seed {result.Seed} · <bdi>{result.Set}</bdi></p>
        <div class="pictures"><figure>{thumbnails.Write(counter.Undefended(result).Image, "Without protection.")}<figcaption>without protection</figcaption></figure><figure class="failed">{thumbnails.Write(result.Image, "With the policy.")}<figcaption><bdi>{result.Policy}</bdi><span class="mark bad">{counter.Reason(result)}</span></figcaption></figure></div></article>

        """);

    private static Markup Candidates(ProtectionReport report) => Markup.Of($"""
        <section aria-labelledby="candidates">
        <h2 id="candidates">Candidates</h2>
        <p class="note">The best first. All begin on few pictures, and the better ones go on to more: figures of different rounds rest on different numbers of pictures. These prompts and seeds chose, so figures of the first rows are flattering; those above are not.</p>
        <div class="scroll" role="region" aria-label="Candidates" tabindex="0"><table>
        <thead><tr><th scope="col" class="policy">Candidate</th><th scope="col">Round</th><th scope="col">Concept found</th><th scope="col">Kept</th><th scope="col">Identical</th><th scope="col">Cleared pictures clean</th><th scope="col">Rows, relative</th></tr></thead>
        <tbody>{Markup.Join(report.Candidates.Where(candidate => candidate.Figures is not null).Select(Row))}</tbody>
        </table></div>
        {Markup.Join(report.Candidates.Select(Details))}
        </section>
        """);

    private static Markup Row(CandidateNote candidate) => Markup.Of($"""
        <tr><th scope="row"><bdi>{candidate.Name}</bdi></th><td>{candidate.Round}</td>{Cell(candidate.Figures!.Found)}{Cell(candidate.Figures.Kept)}{Cell(candidate.Figures.Identical)}{Cell(candidate.Figures.Clean)}<td>{FigureForm.Multiple.Value(candidate.Figures.Cost)}</td></tr>

        """);

    private static Markup Details(CandidateNote candidate) => Markup.Of($"""
        <details><summary><bdi>{candidate.Name}</bdi>{(candidate.Figures is null ? ": not composed" : candidate.Missed.Count == 0 ? ": misses nothing" : $": misses {candidate.Missed.Count}")}</summary>
        {Clauses(candidate.Policy ?? "", candidate.Missed)}
        {(candidate.Figures is { } figures ? Sets(figures) : Markup.Empty)}
        </details>
        """);

    private static Markup Instead(InsteadChoice instead) => Markup.Of($"""
        <section aria-labelledby="instead">
        <h2 id="instead">Drawn in its place: <bdi>{instead.Thing ?? "nothing"}</bdi></h2>
        <p class="note">{(instead.IsGiven ? "It was given." : instead.Thing is null ? "Nothing harmless is known that the judge sees; candidates that need it were left out." : "Chosen: of the three that went into the last round the one that was drawn well most often, alone and beside what is to be kept. The distance is from the concept, its other names and the near misses.")}</p>
        <div class="scroll" role="region" aria-label="What was considered" tabindex="0"><table>
        <thead><tr><th scope="col" class="policy">Thing</th><th scope="col">Distance of token states</th><th scope="col">Drawn well</th></tr></thead>
        <tbody>{Markup.Join(instead.Considered.Select(option => Markup.Of($"<tr><th scope=\"row\"><bdi>{option.Thing}</bdi></th><td>{option.Distance}</td>{Cell(option.DrawnWell)}</tr>\n")))}</tbody>
        </table></div>
        </section>
        """);

    private static Markup Words(ProtectionReport report) => Markup.Of($"""
        <section aria-labelledby="words">
        <h2 id="words">What it rests on</h2>
        <dl>
        <dt>Other names</dt><dd><bdi>{List(report.Synonyms)}</bdi></dd>
        <dt>Near misses ({report.Keep.From})</dt><dd><bdi>{List(report.Keep.Near)}</bdi></dd>
        <dt>Harmless things</dt><dd><bdi>{List(report.Keep.Things)}</bdi></dd>
        <dt>Harmless captions</dt><dd>{report.Keep.Captions.Count}</dd>
        {Markup.Join(report.Assets.Select(asset => Markup.Of($"<dt>{asset.Kind}</dt><dd><bdi>{asset.File ?? "not learned"}</bdi>: {asset.Note}{Markup.Join(asset.Shortcomings.Select(fault => Markup.Of($"<br>{fault}")))}</dd>\n")))}
        {Markup.Join(report.Run.Settings.Select(setting => Markup.Of($"<dt>{setting.Key}</dt><dd>{setting.Value}</dd>\n")))}
        </dl>
        </section>
        """);

    private static string List(IReadOnlyList<string> words) => words.Count == 0 ? "none" : string.Join(", ", words);

    private static Markup Clauses(string title, IReadOnlyList<string> clauses) => clauses.Count == 0
        ? Markup.Empty
        : Markup.Of($"<p>{title}</p><ul class=\"plain\">{Markup.Join(clauses.Select(clause => Markup.Of($"<li><bdi>{clause}</bdi></li>\n")))}</ul>");

    private static Markup Cell(Measurement? share) => share?.Value is { } value
        ? Markup.Of($"<td><span class=\"value\">{FigureForm.Percent.Value(value)}</span><span class=\"interval\">{FigureForm.Percent.Interval(share.Interval)}; {share.Samples}</span></td>")
        : Markup.Of($"<td class=\"none\">{(share is null ? "" : "none")}</td>");
}
