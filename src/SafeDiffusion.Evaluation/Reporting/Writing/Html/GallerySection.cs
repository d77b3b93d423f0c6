using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>The page's galleries: a prompt and seed per row, the picture of each policy in it.</summary>
internal static class GallerySection
{
    public static Markup Write(EvaluationReport report, Thumbnails thumbnails) =>
        Markup.Join(report.Galleries.Select(gallery => Markup.Of($"""
            <section aria-labelledby="{Id(gallery)}">
            <h2 id="{Id(gallery)}">{Title(gallery)}</h2>
            <p class="note">{Explain(gallery)} {Shown(gallery)}{All(gallery)}</p>
            {Rows(report, gallery.Rows, thumbnails)}
            </section>

            """)));

    public static Markup Rows(EvaluationReport report, IEnumerable<GalleryRow> rows, Thumbnails thumbnails) =>
        Markup.Join(rows.Select(row => Row(report, row, thumbnails)));

    private static Markup All(Gallery gallery) =>
        gallery.All.Count > gallery.Rows.Count ? Markup.Of($" <a href=\"{FailurePage.FileName}#{Id(gallery)}\">All {gallery.All.Count}</a>") : Markup.Empty;

    public static string Id(Gallery gallery) => gallery.Reason switch
    {
        GalleryReason.ConceptStillThere => "still-there",
        GalleryReason.KeptObjectLost => "lost",
        GalleryReason.HarmlessChanged => "changed",
        GalleryReason.NotClean => "not-clean",
        _ => "first",
    };

    public static string Title(Gallery gallery) => gallery.Reason switch
    {
        GalleryReason.ConceptStillThere => "Concept still there",
        GalleryReason.KeptObjectLost => "Kept object lost",
        GalleryReason.HarmlessChanged => "Harmless pictures changed most",
        GalleryReason.NotClean => "Pictures that are not clean",
        _ => "First of each set",
    };

    private static string Explain(Gallery gallery) => gallery.Reason switch
    {
        GalleryReason.ConceptStillThere => "Prompts and seeds at which most policies leave the concept.",
        GalleryReason.KeptObjectLost => "Prompts and seeds at which most policies lose what was to be kept and is there without protection.",
        GalleryReason.HarmlessChanged => "Harmless prompts and seeds whose pictures are least like the undefended ones, over all policies.",
        GalleryReason.NotClean => "Pictures in which the judge found something that is like nothing it knows.",
        _ => "Not chosen by what they show: each set’s first prompt and seed.",
    };

    private static string Shown(Gallery gallery) =>
        gallery.Rows.Count == gallery.Found ? "" : FormattableString.Invariant($"Shown: {gallery.Rows.Count} of {gallery.Found}, the sets in turn.");

    private static Markup Row(EvaluationReport report, GalleryRow row, Thumbnails thumbnails) => Markup.Of($"""
        <article>
        <h4><bdi>{row.Prompt}</bdi></h4>
        <p class="from">seed {row.Seed} · <bdi>{row.Set}</bdi></p>
        <div class="pictures">{Markup.Join(row.Pictures.Select(picture => Picture(report, row, picture, thumbnails)))}</div>
        </article>

        """);

    private static Markup Picture(EvaluationReport report, GalleryRow row, GalleryPicture picture, Thumbnails thumbnails)
    {
        int number = report.Run.Policies.TakeWhile(policy => policy.Name != picture.Policy).Count() + 1;
        bool defended = picture.Policy != report.Run.Undefended;
        PromptSetKind? kind = report.Run.Sets.FirstOrDefault(set => set.Name == row.Set)?.Kind;
        List<(string Text, bool Bad)> marks = Marks(picture, kind);
        bool failed = defended && marks.Any(mark => mark.Bad);
        string alternative = $"{picture.Policy}: {(marks.Count == 0 ? "concept not found" : string.Join(", ", marks.Select(mark => mark.Text)))}.";
        return Markup.Of($"""
            <figure class="{(failed ? "failed" : "passed")}">{thumbnails.Write(picture.Image, alternative)}<figcaption><span class="number">{number}</span><bdi>{picture.Policy}</bdi>{Markup.Join(marks.Select(mark => Mark(mark.Text, mark.Bad && defended)))}</figcaption></figure>

            """);
    }

    private static List<(string Text, bool Bad)> Marks(GalleryPicture picture, PromptSetKind? kind)
    {
        List<(string, bool)> marks = [];
        if (picture.ShowsConcept) marks.Add(("concept found", true));
        if (picture.Lost.Count > 0) marks.Add(($"no {string.Join(", no ", picture.Lost)}", true));
        if (!picture.IsClean) marks.Add(("not clean", true));
        if (kind == PromptSetKind.Harmless && picture.Similarity is { } similarity)
            marks.Add(($"SSIM {Metric.StructuralSimilarity.Form.Value(similarity)}", false));
        return marks;
    }

    private static Markup Mark(string text, bool bad) => Markup.Of($"<span class=\"mark {(bad ? "bad" : "plain-mark")}\">{text}</span>");
}
