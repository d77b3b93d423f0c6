using System.Collections.Immutable;

namespace SafeDiffusion.Core.Files;

/// <summary>What files were at one moment: which, how long, and when written last. Tells later whether one has changed since.</summary>
public sealed class FileStamps
{
    private readonly ImmutableDictionary<string, FileFacts> _files;

    private FileStamps(ImmutableDictionary<string, FileFacts> files) => _files = files;

    /// <summary>Notes files as they are now.</summary>
    /// <exception cref="Core.Errors.InvalidFileException">A text is no path.</exception>
    public static FileStamps Of(IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new(files.Select(Path.GetFullPath).Distinct().ToImmutableDictionary(file => file, FileFacts.Of));
    }

    /// <summary>A file that is another, was written to or is gone since; null where none is. A writer who sets its time back is not seen.</summary>
    public string? FindChanged() => _files.FirstOrDefault(file => FileFacts.Of(file.Key) != file.Value).Key;
}
