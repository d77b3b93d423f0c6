using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>
/// Writes a file whole or not at all: to a temporary file beside it, which is flushed to the disk and then moved into place. Once
/// <see cref="Write"/> has returned, the file outlives a power cut (on Windows its name is left to the file system's journal).
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>; nothing is left behind when that fails.</summary>
    /// <exception cref="InvalidFileException">The text is no path, or the folder cannot be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        if (FileFacts.Of(path).Kind == FileKind.Special) throw new InvalidFileException(path, "is a pipe or a device, which cannot be replaced by a file. Name a file.");
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new InvalidFileException(path, "is a folder; name a file in it.");
        string temporary = $"{full}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
            FolderFlush.ToDisk(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be written: {error.Message}", error);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes a text in UTF-8.</summary>
    public static void WriteText(string path, string text) => Write(path, stream =>
    {
        using StreamWriter writer = new(stream, leaveOpen: true);
        writer.Write(text);
    });
}
