namespace SafeDiffusion.Core.Imaging;

/// <summary>Says what a picture is that no codec reads, and what to do about it.</summary>
internal static class ForeignImage
{
    private const string Package = "add the package SafeDiffusion.ImageSharp and pass ImageCodecs.Default.AddImageSharp()";

    private static readonly string[] _packaged = [".jpg", ".jpeg", ".webp"];

    /// <summary>The reason and the advice for a file that begins so.</summary>
    /// <param name="start">The file's first bytes.</param>
    /// <param name="known">The kinds that are read.</param>
    public static string Describe(ReadOnlySpan<byte> start, string known)
    {
        if (start.IsEmpty) return "is empty";
        return Name(start) switch
        {
            null => $"is no picture of a known kind; known are {known}",
            string name and ("JPEG" or "WebP") => $"is a {name} picture, and read here are {known}: {Package}, or convert it to PNG",
            string name => $"is a {name} picture, and read here are {known}: convert it to PNG",
        };
    }

    /// <summary>What to do to write files of an extension that only the package knows; else nothing.</summary>
    public static string Advice(string extension, IEnumerable<IImageCodec> codecs) =>
        _packaged.Contains(extension) && !codecs.Any(codec => codec.Extensions.Contains(extension)) ? $" For {extension}, {Package}." : "";

    private static string? Name(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith<byte>([0xFF, 0xD8, 0xFF])) return "JPEG";
        if (start.Length >= 12 && start.StartsWith("RIFF"u8) && start[8..].StartsWith("WEBP"u8)) return "WebP";
        if (start.StartsWith("GIF8"u8)) return "GIF";
        if (start.StartsWith("BM"u8)) return "BMP";
        if (start.StartsWith("II*\0"u8) || start.StartsWith("MM\0*"u8)) return "TIFF";
        if (start.Length >= 12 && start[4..].StartsWith("ftypavif"u8)) return "AVIF";
        if (start.Length >= 12 && (start[4..].StartsWith("ftyphei"u8) || start[4..].StartsWith("ftypmif1"u8))) return "HEIC";
        return null;
    }
}
