namespace SafeDiffusion.Cli.Commands;

/// <summary>Where a run's files go: one picture under its own name, several numbered (<c>out-1.png</c>, or <c>out-2-1.png</c> for the second prompt's first).</summary>
internal sealed class GenerationFiles(string picture, string? report, string? latents, int prompts, int count)
{
    public void Save(int prompt, GenerationResult result, bool settings)
    {
        for (int i = 0; i < result.Images.Count; i++) result.SavePng(i, Picture(prompt, i), settings);
        if (report is not null) result.Report.Save(PerPrompt(report, prompt));
        if (latents is not null) result.Latents!.Save(PerPrompt(latents, prompt));
    }

    /// <summary>The files written for a prompt.</summary>
    public IEnumerable<string> Written(int prompt) =>
    [
        .. Enumerable.Range(0, count).Select(index => Picture(prompt, index)),
        .. report is null ? Array.Empty<string>() : [PerPrompt(report, prompt)],
        .. latents is null ? Array.Empty<string>() : [PerPrompt(latents, prompt)],
    ];

    private string Picture(int prompt, int index) => count == 1 ? PerPrompt(picture, prompt) : Numbered(PerPrompt(picture, prompt), index + 1);

    private string PerPrompt(string path, int prompt) => prompts == 1 ? path : Numbered(path, prompt + 1);

    private static string Numbered(string path, int number)
    {
        string extension = Path.GetExtension(path);
        return $"{path[..^extension.Length]}-{number}{extension}";
    }
}
