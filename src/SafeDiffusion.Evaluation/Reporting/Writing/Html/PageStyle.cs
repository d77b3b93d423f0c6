using System.Security.Cryptography;
using System.Text;

namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>The page's style sheet. Its hash is what the page's content security policy lets in.</summary>
internal static class PageStyle
{
    public const string Text = """
        :root { color-scheme: light dark;
          --ground: #ffffff; --raised: #f5f6f8; --ink: #1b1f24; --muted: #57606a; --line: #d5dae1; --accent: #0b5cad; --other: #6b7480; --warn: #a33f00; --warn-ground: #fdefe6; }
        @media (prefers-color-scheme: dark) { :root {
          --ground: #14171b; --raised: #1d2127; --ink: #e6e9ed; --muted: #a5aeba; --line: #363d47; --accent: #78b7ff; --other: #96a0ad; --warn: #ffa66b; --warn-ground: #3a2417; } }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0 auto; max-width: 80rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
        h1, h2, h3, h4 { line-height: 1.25; overflow-wrap: anywhere; }
        h1 { font-size: 1.75rem; margin: 0 0 .25rem; }
        h2 { font-size: 1.3rem; margin: 3rem 0 .5rem; }
        h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
        h4 { font-size: 1rem; font-weight: 600; margin: 0; }
        p, ul.plain { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
        .note, .from { color: var(--muted); font-size: .875rem; }
        .lead { font-size: 1.0625rem; }
        .lead li + li { margin-top: .25rem; }
        ul.plain { padding-left: 1.1rem; }
        a { color: var(--accent); }
        nav { margin: 1rem 0 0; font-size: .9375rem; }
        nav a { display: inline-block; margin-right: 1.1rem; padding: .15rem 0; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .scroll { overflow-x: auto; margin: .75rem 0; }
        table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .45rem .5rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; white-space: nowrap; }
        thead th { color: var(--muted); font-weight: 600; font-size: .8125rem; vertical-align: bottom; }
        thead th.group { text-align: left; color: var(--ink); }
        th.first { border-left: 1px solid var(--line); } td.first { border-left: 1px solid var(--line); }
        tbody th, th.policy { text-align: left; font-weight: 500; position: sticky; left: 0; background: var(--ground);
          width: 10.5rem; min-width: 10.5rem; max-width: 10.5rem; white-space: normal; overflow-wrap: anywhere; }
        tbody th:has(.number) { padding-left: 2.2rem; text-indent: -1.6rem; } tbody th .number { min-width: 1.6rem; text-indent: 0; }
        tbody tr.undefended th, tbody tr.undefended td { background: var(--raised); }
        .number { display: inline-block; min-width: 1.6em; color: var(--muted); font-variant-numeric: tabular-nums; }
        td .interval { display: block; font-size: .75rem; color: var(--muted); }
        td .value { display: block; }
        td.best .value { font-weight: 700; color: var(--accent); }
        td.error { color: var(--warn); font-size: .8125rem; }
        td.none { color: var(--muted); }
        th.policy { padding-left: .5rem; }
        .plots { display: grid; gap: 1rem 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); align-items: start; }
        .plots > section { min-width: 0; }
        svg { display: block; width: 100%; min-width: 28rem; height: auto; font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
        svg text { fill: var(--ink); } svg .muted { fill: var(--muted); } svg .strong { font-weight: 700; }
        svg .grid { stroke: var(--line); } svg .axis { stroke: var(--muted); }
        svg .whisker { stroke: var(--other); stroke-width: 1.25; opacity: .65; } svg .leader { stroke: var(--other); stroke-width: .75; }
        svg .point { fill: var(--other); } svg .best { fill: var(--accent); } svg .bar { fill: var(--other); opacity: .75; }
        svg .time { fill: var(--ground); stroke: var(--ink); stroke-width: 1.75; } svg .time-line { stroke: var(--ink); stroke-width: 1.25; }
        ol.key { columns: 15rem auto; column-gap: 1.5rem; margin: .25rem 0 0; padding: 0; list-style: none; font-size: .875rem; overflow-wrap: anywhere; }
        ol.key b { color: var(--accent); }
        article { border-top: 1px solid var(--line); padding: .9rem 0 1.1rem; }
        .from { margin: .1rem 0 .6rem; }
        .pictures { display: grid; gap: .9rem .75rem; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); }
        figure { margin: 0; min-width: 0; }
        figure img, .missing { display: block; width: 100%; height: auto; border-radius: 3px; background: var(--raised); }
        .missing { aspect-ratio: 1; padding: .5rem; font-size: .75rem; color: var(--muted); overflow: hidden; overflow-wrap: anywhere; }
        img.small { image-rendering: pixelated; }
        figcaption { font-size: .8125rem; line-height: 1.3; margin-top: .3rem; overflow-wrap: anywhere; } figcaption .number { min-width: 1.2em; }
        .mark { display: block; width: fit-content; max-width: 100%; margin-top: .2rem; padding: 0 .35rem; border-radius: 3px; font-size: .75rem; line-height: 1.45; }
        .bad { background: var(--warn-ground); color: var(--warn); }
        .plain-mark { color: var(--muted); padding: 0; }
        figure.failed img { outline: 2px solid var(--warn); outline-offset: 1px; }
        details { border-top: 1px solid var(--line); padding: .5rem 0; }
        summary { cursor: pointer; overflow-wrap: anywhere; }
        pre { overflow-x: auto; background: var(--raised); padding: .75rem 1rem; border-radius: 4px; font: .8125rem/1.5 ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; }
        dl { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .3rem 1.25rem; margin: .75rem 0; font-size: .9375rem; }
        dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
        @media (max-width: 40rem) {
          body { padding: 1.25rem 1rem 3rem; } h1 { font-size: 1.45rem; } tbody th, th.policy { width: 8.5rem; min-width: 8.5rem; max-width: 8.5rem; } tbody th:has(.number) { padding-left: 1.9rem; text-indent: -1.35rem; } tbody th .number { min-width: 1.35rem; }
          th, td { padding: .4rem .55rem; } dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: .5rem; } }
        @media print { body { max-width: none; } .scroll { overflow: visible; } article, figure { break-inside: avoid; } }
        """;

    /// <summary>The style sheet's hash as a content security policy names it.</summary>
    public static string Hash { get; } = $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))}";
}
