using System.Globalization;
using System.Text;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Reporting;

/// <summary>Writes a report in a few lines for people.</summary>
internal static class ReportSummary
{
    /// <summary>Replacements that a line tells of.</summary>
    private const int MaxTold = 4;

    public static string Write(GenerationReport report)
    {
        RequestReport request = report.Request;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture,
            $"{request.Count} picture{(request.Count == 1 ? "" : "s")} of {request.Width}x{request.Height}, seed {request.Seed}, {request.Steps} steps, guidance {request.GuidanceScale}; {report.Cost.Rows} UNet rows in {report.Cost.DenoisingSeconds:0.00} s");
        if (report.Protections.Count == 0) text.Append("\nno protection");
        for (int i = 0; i < report.Protections.Count; i++)
        {
            text.Append('\n').Append(VisibleText.Of(report.Protections[i].Description)).Append(Effect(report, i));
        }
        foreach ((int index, ImageReport image) in report.Images.Index())
        {
            if (image.Check is { Flagged: false, Attempts: > 0 } check) text.Append(CultureInfo.InvariantCulture, $"\npicture {index + 1} showed it no more when drawn again, attempt {check.Attempts} (seed {image.Seed})");
        }
        if (report.Images.All(image => image.Check is { Flagged: false, Attempts: 0 })) text.Append("\nchecked: nothing was found in the finished picture" + (report.Images.Count == 1 ? "" : "s"));
        foreach (ReportWarning warning in report.Warnings) text.Append("\nwarning: ").Append(VisibleText.Of(warning.Message));
        return text.ToString();
    }

    private static string Effect(GenerationReport report, int protection)
    {
        StepReport[] steps = [.. report.Images.SelectMany(image => image.Steps)];
        TermReport[] terms = [.. steps.SelectMany(step => step.Terms).Where(term => term.Protection == protection)];
        if (terms.Length > 0) return $": guided in {terms.Count(term => term.Guided)} of {terms.Length} steps";
        InterventionReport[] interventions = [.. steps.SelectMany(step => step.Interventions).Where(intervention => intervention.Protection == protection)];
        if (interventions.Length > 0) return $": acted in {interventions.Count(intervention => intervention.Acted)} of {interventions.Length} steps{AtScales(interventions)}";
        RedrawReport[] redraws = [.. report.Images.SelectMany(image => image.Redraws).Where(redraw => redraw.Protection == protection)];
        bool isSeenStill = report.Images.SelectMany(image => image.Steps.SelectMany(step => step.Observations).Concat(image.Finished)).Any(seen => seen.Protection == protection && seen.Reason is not null);
        string still = isSeenStill ? "; the concept was seen again, with nothing left to replace" : "";
        if (redraws.Length > 0) return $": {string.Join(", ", redraws.Select(Replaced).Distinct().Take(MaxTold))}{still}";
        if (report.Images.SelectMany(image => image.Steps).SelectMany(step => step.Observations).Any(seen => seen.Protection == protection && seen.Statistic is not null)) return ": " + Unchanged(report, protection, still);
        ErasureReport? erasure = report.Images.SelectMany(image => image.Erasures).FirstOrDefault(erasure => erasure.Protection == protection);
        return erasure is null ? "" : erasure.Erased ? $": changed {erasure.Tokens} of the prompt's text states{ReadAs(erasure)}{(erasure.Reason is null ? "" : $", {erasure.Reason}")}" : $": changed nothing, {erasure.Reason}";
    }

    private static string Unchanged(GenerationReport report, int protection, string still)
    {
        if (still.Length > 0) return "changed nothing" + still;
        bool isTold = report.Images.SelectMany(image => image.Finished).Any(seen => seen.Protection == protection && seen.Detection is { Area: > 0 });
        return isTold ? "changed nothing; the finished picture may show the concept, not surely enough to begin it again" : "saw nothing, and changed nothing";
    }

    private static string ReadAs(ErasureReport erasure) => erasure.ReadAs is { } text ? VisibleText.Of($", read as \"{text}\"") : "";

    /// <summary>That it acted says little where the scale is small.</summary>
    private static string AtScales(InterventionReport[] interventions)
    {
        float largest = interventions.Max(intervention => intervention.Acted ? intervention.Scale : 0);
        return largest > 0 ? string.Create(CultureInfo.InvariantCulture, $", at a scale of at most {largest:0.##}") : "";
    }

    private static string Replaced(RedrawReport redraw) =>
        VisibleText.Of($"{(redraw.Words.Length == 0 ? "painted over" : $"replaced \"{redraw.Words}\" by \"{redraw.By}\"")} ({(redraw.Finished ? "seen in the finished picture" : redraw.Step is { } step ? $"seen in step {step}" : "before the first step")}, {redraw.Reason})");
}
