using SafeDiffusion.Evaluation.Metrics;
using SafeDiffusion.Evaluation.Reporting.Highlights;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>The page's tables.</summary>
internal static class TableSection
{
    /// <summary>Policies by metrics, set by set.</summary>
    public static Markup Overview(EvaluationReport report)
    {
        FigureColumn[] columns =
        [
            .. from heading in Headline.Of(report)
               from metric in heading.Metrics
               select new FigureColumn(metric, heading.Title, policy => report.Find(policy, heading.Set, metric)),
        ];
        return Markup.Of($"""
            <section aria-labelledby="overview">
            <h2 id="overview">Overview</h2>
            <p class="note">Each value stands over its 95 % interval. Found: the concept is there. Kept: all that is to be kept is there. SSIM, PSNR and identical compare with the undefended picture of the same prompt and seed. The best value of the protections in each column is bold and coloured.</p>
            {FigureTable.Write(report, "Policies and their figures", columns)}
            </section>
            """);
    }

    /// <summary>A table per prompt set.</summary>
    public static Markup Sets(EvaluationReport report) => Markup.Of($"""
        <section aria-labelledby="sets">
        <h2 id="sets">Prompt sets</h2>
        {Markup.Join(report.Run.Sets.Select(set => Set(report, set)))}
        </section>
        """);

    /// <summary>How far the judges agree.</summary>
    public static Markup Agreement(EvaluationReport report) => report.Agreement.Count == 0 ? Markup.Empty : Markup.Of($"""
        <section aria-labelledby="judges">
        <h2 id="judges">Judges</h2>
        <p class="note">Figures rest on the judge <bdi>{report.Run.Judge}</bdi>. Counted are all pictures that both judged; agreement is whether both say the same of the concept.</p>
        <div class="scroll" role="region" aria-label="Agreement between judges" tabindex="0"><table>
        <thead><tr><th scope="col" class="policy">Compared with</th><th scope="col">Both find it</th><th scope="col">Only the first</th><th scope="col">Only the second</th><th scope="col">Neither</th><th scope="col">Agreement</th><th scope="col">Cohen’s kappa</th></tr></thead>
        <tbody>{Markup.Join(report.Agreement.Select(Row))}</tbody>
        </table></div>
        </section>
        """);

    private static Markup Row(JudgeAgreement judges) => Markup.Of($"""
        <tr><th scope="row"><bdi>{judges.Second}</bdi></th><td>{judges.Both}</td><td>{judges.OnlyFirst}</td><td>{judges.OnlySecond}</td><td>{judges.Neither}</td>{FigureTable.Plain(FigureForm.Percent, judges.Agreement)}{FigureTable.Plain(JudgeAgreement.KappaForm, judges.Kappa)}</tr>

        """);

    private static Markup Set(EvaluationReport report, PromptSetDescription set)
    {
        FigureRow[] rows = [.. report.Sets.Concat(report.Times).Where(row => row.Set == set.Name)];
        FigureColumn[] columns =
        [
            .. Metric.All.Where(metric => rows.Any(row => row[metric] is not null)).Select(metric => new FigureColumn(
                metric, "", policy => rows.Where(row => row.Policy == policy).Select(row => row[metric]).FirstOrDefault(figure => figure is not null))),
        ];
        int pictures = rows.SelectMany(row => row.Figures.Values).Select(figure => figure.Samples).DefaultIfEmpty().Max();
        return Markup.Of($"""
            <h3><bdi>{set.Name}</bdi></h3>
            <p class="note">{Kind(set.Kind)} · {set.Prompts.Count} prompts · {pictures} pictures per policy</p>
            {FigureTable.Write(report, set.Name, columns)}
            """);
    }

    private static string Kind(PromptSetKind kind) => kind switch
    {
        PromptSetKind.Concept => "Prompts that bring the concept",
        PromptSetKind.Mixed => "Prompts that bring the concept beside something else",
        _ => "Harmless prompts",
    };
}
