using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Core.Imaging.Png;

/// <summary>A PNG file's chunks, their order and lengths checked; nothing is decompressed yet.</summary>
internal sealed class PngFile
{
    private readonly ByteSource _source;
    private readonly List<ReadOnlyMemory<byte>> _data = [];
    private readonly List<PngChunk> _texts = [];
    private string _previous = "IHDR";

    private PngFile(PngHeader header, ByteSource source)
    {
        Header = header;
        _source = source;
    }

    /// <summary>The eight bytes that every PNG begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Size, depth, colour type.</summary>
    public PngHeader Header { get; }

    /// <summary>Red, green and blue of the palette's entries; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Palette { get; private set; }

    /// <summary>tRNS as it is in the file; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Transparency { get; private set; }

    /// <summary>The first eXIf as it is in the file; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Exif { get; private set; }

    /// <summary>The compressed pixels, in pieces.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Data => _data;

    /// <summary>The tEXt, zTXt and iTXt chunks.</summary>
    public IReadOnlyList<PngChunk> Texts => _texts;

    /// <summary>An error that names this file.</summary>
    public InvalidFileException Invalid(string reason, Exception? innerException = null) => _source.Invalid(reason, innerException);

    /// <summary>Reads up to and including IEND; what follows is left alone.</summary>
    /// <param name="source">The file.</param>
    /// <param name="mostBytes">The most bytes of chunks that are read.</param>
    /// <param name="accept">Throws for a header that asks for too much, before anything else is read.</param>
    /// <exception cref="InvalidFileException">The file is no PNG, damaged, or beyond the limits.</exception>
    public static PngFile Read(ByteSource source, long mostBytes, Action<PngHeader> accept)
    {
        if (!source.Take(Signature.Length, "PNG's signature").Span.SequenceEqual(Signature)) throw source.Invalid("is no PNG file");

        long left = mostBytes;
        PngChunk chunk = PngChunk.Read(source, left);
        if (chunk.Type != "IHDR") throw source.Invalid($"begins with a {chunk.Type} chunk instead of IHDR");
        PngFile file = new(PngHeader.Parse(chunk.Content.Span, source), source);
        accept(file.Header);
        while (chunk.Type != "IEND")
        {
            left -= chunk.Content.Length;
            chunk = PngChunk.Read(source, left);
            file.Add(chunk);
        }
        file.RequireComplete();
        return file;
    }

    private void Add(PngChunk chunk)
    {
        switch (chunk.Type)
        {
            // In true colour it is advice for poor screens, in gray a slip of the program that wrote it.
            case "PLTE" when Header.ColorType != PngColorType.Palette: break;
            case "PLTE": AddPalette(chunk.Content); break;
            // Some drawing programs write one beside an alpha channel, where it has no meaning.
            case "tRNS" when Header.ColorType is PngColorType.GrayAlpha or PngColorType.Rgba: break;
            case "tRNS": AddTransparency(chunk.Content); break;
            case "eXIf": Exif ??= chunk.Content; break;
            case "IDAT": AddData(chunk.Content); break;
            case "tEXt" or "zTXt" or "iTXt": _texts.Add(chunk); break;
            case "IHDR": throw Invalid("has two headers (IHDR)");
            case "IEND": break;
            default:
                if (chunk.IsCritical) throw Invalid($"has a critical chunk {chunk.Type}, which is not known");
                break;
        }
        _previous = chunk.Type;
    }

    private void AddPalette(ReadOnlyMemory<byte> content)
    {
        RequireBeforeData("palette (PLTE)");
        if (Palette is not null) throw Invalid("has two palettes (PLTE)");
        if (Transparency is not null) throw Invalid("its palette (PLTE) follows its transparency (tRNS)");
        int most = 1 << Header.Depth;
        if (content.IsEmpty || content.Length % 3 != 0 || content.Length / 3 > most)
            throw Invalid($"its palette (PLTE) has {content.Length} bytes; 1 to {most} entries of 3 bytes are allowed");
        Palette = content;
    }

    private void AddTransparency(ReadOnlyMemory<byte> content)
    {
        RequireBeforeData("transparency (tRNS)");
        if (Transparency is not null) throw Invalid("has two transparencies (tRNS)");
        bool fits = Header.ColorType switch
        {
            PngColorType.Gray => content.Length == 2,
            PngColorType.Rgb => content.Length == 6,
            PngColorType.Palette => !content.IsEmpty && content.Length <= Palette?.Length / 3,
            _ => false,
        };
        if (!fits) throw Invalid($"its transparency (tRNS) of {content.Length} bytes does not fit colour type {(int)Header.ColorType} and its palette");
        Transparency = content;
    }

    private void AddData(ReadOnlyMemory<byte> content)
    {
        if (_data.Count > 0 && _previous != "IDAT") throw Invalid("its pixels (IDAT) are interrupted by another chunk");
        _data.Add(content);
    }

    private void RequireBeforeData(string what)
    {
        if (_data.Count > 0) throw Invalid($"its {what} follows its pixels");
    }

    private void RequireComplete()
    {
        if (_data.Count == 0) throw Invalid("has no pixels (IDAT)");
        if (Header.ColorType == PngColorType.Palette && Palette is null) throw Invalid("has no palette (PLTE), which its colour type needs");
    }
}
