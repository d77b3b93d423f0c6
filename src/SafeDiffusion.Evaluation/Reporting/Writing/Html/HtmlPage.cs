using SafeDiffusion.Evaluation.Reporting.Highlights;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>A report of an evaluation as a page.</summary>
internal static class HtmlPage
{
    public static string Write(EvaluationReport report, Thumbnails thumbnails)
    {
        Markup galleries = GallerySection.Write(report, thumbnails);
        return HtmlDocument.Write($"Evaluation: {report.Run.Suite}", Markup.Of($"""
            <header>
            <h1>Evaluation: <bdi>{report.Run.Suite}</bdi></h1>
            <p class="note">Concept to erase: <bdi>{report.Run.Concept}</bdi> · {report.Run.Policies.Count} policies · {report.Pictures} pictures · model <bdi>{report.Run.Model}</bdi> · <bdi>{report.Run.Tool}</bdi></p>
            <nav aria-label="Sections">{Links(report)}</nav>
            </header>
            <main>
            <section aria-labelledby="summary">
            <h2 id="summary">Summary</h2>
            <ul class="plain lead">{Markup.Join(Summary.Write(report).Select(sentence => Markup.Of($"<li>{sentence}</li>\n")))}</ul>
            </section>
            {TableSection.Overview(report)}
            {Plots(report)}
            {galleries}
            {TableSection.Sets(report)}
            {TableSection.Agreement(report)}
            {RunSection.Write(report)}
            </main>
            """));
    }

    private static Markup Links(EvaluationReport report)
    {
        List<(string Id, string Title)> links = [("overview", "Overview")];
        if (TradeOff.Of(report) is not null || CostPlot.IsPossible(report)) links.Add(("plots", "Plots"));
        links.AddRange(report.Galleries.Select(gallery => (GallerySection.Id(gallery), GallerySection.Title(gallery))));
        links.Add(("sets", "Prompt sets"));
        if (report.Agreement.Count > 0) links.Add(("judges", "Judges"));
        links.Add(("run", "The run"));
        return Markup.Join(links.Select(link => Markup.Of($"<a href=\"#{link.Id}\">{link.Title}</a>\n")));
    }

    private static Markup Plots(EvaluationReport report)
    {
        Markup[] plots = [.. new[] { TradeOffPlot.Write(report), CostPlot.Write(report) }.Where(plot => plot != Markup.Empty)];
        return plots.Length == 0 ? Markup.Empty : Markup.Of($"""
            <section aria-labelledby="plots">
            <h2 id="plots">Erasing, preserving, cost</h2>
            <p class="note">Numbers are the policies' numbers in the overview. Lines are 95 % intervals.</p>
            <div class="plots">{Markup.Join(plots)}</div>
            </section>
            """);
    }
}
