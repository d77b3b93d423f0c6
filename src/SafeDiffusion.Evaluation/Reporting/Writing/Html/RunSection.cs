using System.Text.Encodings.Web;
using System.Text.Json;
using SafeDiffusion.Evaluation.Reporting.Highlights;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>All that is needed to run it again.</summary>
internal static class RunSection
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Markup Write(EvaluationReport report) => Markup.Of($"""
        <section aria-labelledby="run">
        <h2 id="run">The run</h2>
        <dl>{Markup.Join(RunFacts.Of(report).Select(fact => Markup.Of($"<dt>{fact.Key}</dt><dd><bdi>{fact.Value}</bdi></dd>\n")))}</dl>
        {Command(report.Run.Command)}
        <h3>Policies</h3>
        {Markup.Join(report.Run.Policies.Select(Policy))}
        <h3>Prompts</h3>
        {Markup.Join(report.Run.Sets.Select(Prompts))}
        </section>
        """);

    private static Markup Command(string? command) =>
        command is null ? Markup.Empty : Markup.Of($"<h3>Again</h3>\n<pre tabindex=\"0\">{Markup.Lines(command)}</pre>\n");

    private static Markup Policy(PolicyDescription policy, int place)
    {
        Markup settings = policy.Settings is { } json ? Markup.Of($"<pre tabindex=\"0\">{Markup.Lines(json.ToJsonString(_json))}</pre>") : Markup.Empty;
        return Markup.Of($"""
            <details><summary><span class="number">{place + 1}</span><bdi>{policy.Name}</bdi></summary><pre tabindex="0">{Markup.Lines(policy.Description)}</pre>{settings}</details>

            """);
    }

    private static Markup Prompts(PromptSetDescription set) => Markup.Of($"""
        <details><summary><bdi>{set.Name}</bdi> <span class="note">({set.Prompts.Count})</span></summary>
        <ul class="plain">{Markup.Join(set.Prompts.Select(prompt => Markup.Of($"<li><bdi>{prompt}</bdi></li>\n")))}</ul></details>

        """);
}
