using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Core.Files;

/// <summary>Writes a file whole or not at all: to a temporary file beside it, then moved into place.</summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>; nothing is left behind when that fails.</summary>
    /// <exception cref="InvalidFileException">The folder cannot be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
            }
            File.Move(temporary, full, overwrite: true);
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
