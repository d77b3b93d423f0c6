namespace SafeDiffusion.Evaluation.Reporting.Writing.Html;

/// <summary>A page that loads nothing: no script, the style sheet by its hash, pictures as data. Readable in light and dark, on wide and narrow screens.</summary>
public static class HtmlDocument
{
    /// <summary>Writes a page.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="body">What stands in it.</param>
    public static string Write(string title, Markup body) => Markup.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '{Markup.Own(PageStyle.Hash)}'; base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <link rel="icon" href="data:,">
        <title>{title}</title>
        <style>{Markup.Own(PageStyle.Text)}</style>
        </head>
        <body>
        {body}
        </body>
        </html>

        """).ToString();
}
