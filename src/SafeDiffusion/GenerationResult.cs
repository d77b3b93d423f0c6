using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Generation;
using SafeDiffusion.Reporting;

namespace SafeDiffusion;

/// <summary>The pictures of a generation, and what was done to make them safe.</summary>
/// <param name="Images">The pictures, in the order of their seeds.</param>
/// <param name="Report">What was run and what the protections did.</param>
public sealed record GenerationResult(IReadOnlyList<RgbImage> Images, GenerationReport Report)
{
    /// <summary>The keyword of the PNG text chunk that holds a picture's settings.</summary>
    public const string SettingsKeyword = "safediffusion";

    /// <summary>
    /// The latents, where <see cref="GenerationRequest.KeepLatents"/> asked for them: as they were denoised at first, whatever the policy
    /// then had done with the pictures.
    /// </summary>
    public GenerationLatents? Latents { get; init; }

    /// <summary>
    /// The heat maps that <see cref="GenerationRequest.HeatMapEvery"/> asked for, step by step: of the first attempt, with the predicted
    /// picture blurred or blank where the policy says so.
    /// </summary>
    public IReadOnlyList<HeatMap> HeatMaps { get; init; } = [];

    /// <summary>Writes a picture as PNG, with the settings that make it again in the text chunk <see cref="SettingsKeyword"/>.</summary>
    /// <param name="index">The picture, from 0.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="settings">Whether to write the settings.</param>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void SavePng(int index, string path, bool settings = true) => Save(index, path, PngCodec.Default, settings);

    /// <summary>Writes a picture of the kind that its extension tells; kinds that hold no text, such as JPEG and WebP, get no settings.</summary>
    /// <param name="index">The picture, from 0.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="codecs">The kinds.</param>
    /// <param name="settings">Whether to write the settings that make the picture again, as <see cref="SavePng"/> does.</param>
    /// <exception cref="InvalidFileException">The extension is of none of the kinds, or the file cannot be written.</exception>
    public void Save(int index, string path, ImageCodecs codecs, bool settings = true)
    {
        ArgumentNullException.ThrowIfNull(codecs);
        Save(index, path, codecs.ForExtensionOf(path), settings);
    }

    private void Save(int index, string path, IImageCodec codec, bool settings) => Images[index].Save(
        path, codec, settings && codec.HoldsText ? new Dictionary<string, string> { [SettingsKeyword] = Report.SettingsJson() } : null);
}
