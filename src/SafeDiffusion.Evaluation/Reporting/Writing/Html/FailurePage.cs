namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>Every failure of a run as pictures, with the undefended picture beside those of the policies that failed: the page behind the galleries.</summary>
internal static class FailurePage
{
    public const string FileName = "failures.html";

    public static string Write(EvaluationReport report, Thumbnails thumbnails)
    {
        Gallery[] galleries = [.. report.Galleries.Where(gallery => gallery.Reason != GalleryReason.FirstOfSet && gallery.All.Count > 0)];
        return HtmlDocument.Write($"Failures: {report.Run.Suite}", Markup.Of($"""
            <header>
            <h1>Failures: <bdi>{report.Run.Suite}</bdi></h1>
            <p class="note">Concept to erase: <bdi>{report.Run.Concept}</bdi> · all failures, with the undefended picture first · <a href="report.html">the report</a></p>
            <nav aria-label="Sections">{Markup.Join(galleries.Select(gallery => Markup.Of($"<a href=\"#{GallerySection.Id(gallery)}\">{GallerySection.Title(gallery)} ({gallery.All.Count})</a>\n")))}</nav>
            </header>
            <main>
            {Markup.Join(galleries.Select(gallery => Section(report, gallery, thumbnails)))}
            {(galleries.Length == 0 ? Markup.Of($"<p>There are none.</p>") : Markup.Empty)}
            </main>
            """));
    }

    private static Markup Section(EvaluationReport report, Gallery gallery, Thumbnails thumbnails) => Markup.Of($"""
        <section aria-labelledby="{GallerySection.Id(gallery)}">
        <h2 id="{GallerySection.Id(gallery)}">{GallerySection.Title(gallery)}</h2>
        {GallerySection.Rows(report, gallery.All.Select(row => OfFailures(report, gallery.Reason, row)), thumbnails)}
        </section>

        """);

    private static GalleryRow OfFailures(EvaluationReport report, GalleryReason reason, GalleryRow row) =>
        row with { Pictures = [.. row.Pictures.Where(picture => picture.Policy == report.Run.Undefended || IsFailure(reason, picture))] };

    private static bool IsFailure(GalleryReason reason, GalleryPicture picture) => reason switch
    {
        GalleryReason.ConceptStillThere => picture.ShowsConcept,
        GalleryReason.KeptObjectLost => picture.Lost.Count > 0,
        GalleryReason.HarmlessChanged => picture.Similarity is < 1,
        _ => !picture.IsClean,
    };
}
