using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Where a run's files go: one picture under its own name, several numbered (<c>out-1.png</c>, or <c>out-2-1.png</c> for the second prompt's first).</summary>
internal sealed class GenerationFiles(string picture, int prompts, int count)
{
    private readonly List<RgbImage> _all = [];

    /// <summary>What writes the pictures and their sheet.</summary>
    public ImageCodecs Codecs { get; init; } = ImageCodecs.Default;

    public string? Report { get; init; }

    public string? Latents { get; init; }

    public string? Sheet { get; init; }

    public string? Previews { get; init; }

    public string? HeatMaps { get; init; }

    /// <summary>Whether pictures hold the settings that make them again.</summary>
    public bool Settings { get; init; } = true;

    /// <param name="inputs">The files that are read; null where one was not given.</param>
    /// <param name="model">The model's folder.</param>
    /// <exception cref="InvalidRequestException">Two files are one, or one is read.</exception>
    /// <exception cref="InvalidFileException">A file cannot be written.</exception>
    public void RequireWritable(IEnumerable<string?> inputs, string model)
    {
        string[] files = [.. Enumerable.Range(0, prompts).SelectMany(Of), .. Sheet is null ? Array.Empty<string>() : [Sheet]];
        OutputPath.RequireWritable(files);
        OutputPath.RequireNoInput(files, inputs, model);
        OutputPath.RequireNoInput([.. OfFolder(Previews, "*step-*.png"), .. OfFolder(HeatMaps, "*-protection-*.png")], inputs, model);
    }

    /// <summary>What lies in a folder already and may be written over; the folder is checked.</summary>
    private static string[] OfFolder(string? folder, string names)
    {
        if (folder is null) return [];
        OutputPath.RequireFolder(folder);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, names) : [];
    }

    /// <summary>Saves a prompt's files, and gives their names.</summary>
    public IEnumerable<string> Save(int prompt, GenerationResult result)
    {
        for (int i = 0; i < result.Images.Count; i++) result.Save(i, Picture(prompt, i), Codecs, Settings);
        if (Report is not null) result.Report.Save(PerPrompt(Report, prompt));
        if (Latents is not null) result.Latents!.Save(PerPrompt(Latents, prompt));
        if (Sheet is not null) _all.AddRange(result.Images);
        return Of(prompt).Concat(SaveHeatMaps(prompt, result.HeatMaps));
    }

    /// <summary>Saves the sheet of all pictures, where one was asked for: a row per prompt, or nearly a square.</summary>
    public IEnumerable<string> SaveSheet()
    {
        if (Sheet is null) return [];
        ContactSheet.Compose(_all, prompts > 1 && count > 1 ? count : (int)Math.Ceiling(Math.Sqrt(_all.Count))).Save(Sheet, Codecs);
        return [Sheet];
    }

    /// <summary>What writes the previews of a prompt's steps, where they were asked for.</summary>
    public PreviewWriter? PreviewsOf(int prompt) => Previews is null ? null : new(Previews, prompts > 1 ? prompt + 1 : null);

    /// <summary>A sheet for each picture and each protection that detects.</summary>
    private List<string> SaveHeatMaps(int prompt, IReadOnlyList<HeatMap> maps)
    {
        List<string> files = [];
        foreach (IGrouping<(int Image, int Protection), HeatMap> series in maps.GroupBy(map => (map.Image, map.Protection)))
        {
            string name = $"{Path.GetFileNameWithoutExtension(Picture(prompt, series.Key.Image))}-protection-{series.Key.Protection + 1}.png";
            string file = Path.Combine(HeatMaps!, name);
            HeatMap.Sheet([.. series]).SavePng(file);
            files.Add(file);
        }
        return files;
    }

    private IEnumerable<string> Of(int prompt) =>
    [
        .. Enumerable.Range(0, count).Select(index => Picture(prompt, index)),
        .. Report is null ? Array.Empty<string>() : [PerPrompt(Report, prompt)],
        .. Latents is null ? Array.Empty<string>() : [PerPrompt(Latents, prompt)],
    ];

    private string Picture(int prompt, int index) => count == 1 ? PerPrompt(picture, prompt) : Numbered(PerPrompt(picture, prompt), index + 1);

    private string PerPrompt(string path, int prompt) => prompts == 1 ? path : Numbered(path, prompt + 1);

    private static string Numbered(string path, int number)
    {
        string extension = Path.GetExtension(path);
        return $"{path[..^extension.Length]}-{number}{extension}";
    }
}
