using System.Globalization;
using System.Text;

namespace SafeDiffusion.Reporting;

/// <summary>Writes a purification's report in a few lines for people.</summary>
internal static class PurifySummary
{
    public static string Write(PurifyReport report)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{report.Width}x{report.Height}");
        if (report.PaddedColumns + report.PaddedRows > 0) text.Append(CultureInfo.InvariantCulture, $", padded by {report.PaddedColumns} columns and {report.PaddedRows} rows for the model and cropped back");
        text.Append(CultureInfo.InvariantCulture, $"; {report.Rows} UNet rows");
        if (report.Detected is { } detected) text.Append(CultureInfo.InvariantCulture, $"\ndetected: at most {detected:0.00}, region {report.Region:P0} of the picture");
        text.Append(report.Changed ? report.IsLimited ? "" : "\nall of the picture could change" : "\nnothing was detected: the picture is the autoencoder's round trip");
        Append(text, "inside the region", report.Inside);
        Append(text, "outside of it", report.Outside);
        Append(text, "inversion alone", report.Inversion);
        return text.Append('\n').Append(report.Generation.Summary[(report.Generation.Summary.IndexOf('\n', StringComparison.Ordinal) + 1)..]).ToString();
    }

    private static void Append(StringBuilder text, string what, AgreementReport? agreement)
    {
        if (agreement is null) return;
        string ssim = agreement.Ssim is { } value ? value.ToString("0.000", CultureInfo.InvariantCulture) : "none";
        string psnr = agreement.Psnr is { } ratio ? ratio.ToString("0.0 dB", CultureInfo.InvariantCulture) : "identical";
        text.Append(CultureInfo.InvariantCulture, $"\n{what}, against the autoencoder's round trip: SSIM {ssim}, PSNR {psnr}");
    }
}
