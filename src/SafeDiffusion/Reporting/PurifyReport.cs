using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Reporting;

/// <summary>What a purification did (docs/purify.md).</summary>
public sealed record PurifyReport
{
    /// <summary>The form of this report, 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Width of the given picture in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the given picture in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Columns that were added at the right for the model, and cropped off again.</summary>
    public required int PaddedColumns { get; init; }

    /// <summary>Rows that were added at the bottom for the model, and cropped off again.</summary>
    public required int PaddedRows { get; init; }

    /// <summary>Whether the picture was denoised; if not, nothing was detected, and it is the autoencoder's round trip.</summary>
    public required bool Changed { get; init; }

    /// <summary>Whether the picture could change only where something was detected.</summary>
    public required bool IsLimited { get; init; }

    /// <summary>The highest value of the detection map, 0 to 1; null where no guideline was asked.</summary>
    public required float? Detected { get; init; }

    /// <summary>The share of the picture that could change, 0 to 1.</summary>
    public required double Region { get; init; }

    /// <summary>The result against the autoencoder's round trip, where it could change; null where nothing could.</summary>
    public required AgreementReport? Inside { get; init; }

    /// <summary>The result against the autoencoder's round trip, where it could not change; null where everything could.</summary>
    public required AgreementReport? Outside { get; init; }

    /// <summary>The autoencoder's round trip against the given picture: what any model of this kind loses.</summary>
    public required AgreementReport RoundTrip { get; init; }

    /// <summary>The picture inverted and denoised without protections, against the autoencoder's round trip; null where it was not inverted.</summary>
    public required AgreementReport? Inversion { get; init; }

    /// <summary>UNet rows of all: looking, inverting, reconstructing and denoising.</summary>
    public required long Rows { get; init; }

    /// <summary>The denoising's own report: protections, steps, warnings, and what was found in the finished picture.</summary>
    public required GenerationReport Generation { get; init; }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GenerationReport.Json);

    /// <summary>Writes the report as a JSON file.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, ToJson() + "\n");

    /// <summary>The report in a few lines for people.</summary>
    [JsonIgnore]
    public string Summary => PurifySummary.Write(this);
}

/// <summary>How far two pictures, or a part of them, agree.</summary>
/// <param name="Ssim">SSIM, -1 to 1; null where the part holds no window of 11 pixels' middle.</param>
/// <param name="Psnr">PSNR in decibels; null where they are identical.</param>
public sealed record AgreementReport(double? Ssim, double? Psnr);
