using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Checks where a run will write before it starts, so that no minute of drawing is lost to a folder that cannot be written.</summary>
internal static class OutputPath
{
    /// <summary>Checks the files that a run will write; nothing is created.</summary>
    /// <exception cref="InvalidRequestException">Two of them are one.</exception>
    /// <exception cref="InvalidFileException">One cannot be written.</exception>
    public static void RequireWritable(IEnumerable<string> files)
    {
        Dictionary<string, string> known = [];
        foreach (string file in files)
        {
            string full = Path.GetFullPath(file);
            if (!known.TryAdd(full, file)) throw new InvalidRequestException("output", $"would write {file} twice; give each output a file of its own.");
            if (Directory.Exists(full)) throw new InvalidFileException(file, "is a folder; name a file in it.");
            RequireFolder(file, Path.GetDirectoryName(full)!);
        }
    }

    /// <summary>Checks that a run writes over nothing that it reads.</summary>
    /// <param name="files">The files to be written.</param>
    /// <param name="inputs">The files that are read; null where one was not given.</param>
    /// <param name="model">The model's folder, whose files stay; null where none is read.</param>
    /// <exception cref="InvalidRequestException">One would be written over.</exception>
    public static void RequireNoInput(IEnumerable<string> files, IEnumerable<string?> inputs, string? model = null)
    {
        HashSet<string> read = [.. inputs.OfType<string>().Select(Path.GetFullPath)];
        string? folder = model is null ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)) + Path.DirectorySeparatorChar;
        foreach (string file in files)
        {
            string full = Path.GetFullPath(file);
            bool isOfModel = folder is not null && full.StartsWith(folder, StringComparison.Ordinal) && File.Exists(full);
            if (isOfModel || read.Contains(full)) throw new InvalidRequestException("output", $"would write over {file}, which is read. Name another file.");
        }
    }

    /// <summary>Checks a folder that a run will write to; nothing is created.</summary>
    /// <exception cref="InvalidFileException">It cannot be written to, or cannot be created.</exception>
    public static void RequireFolder(string path) => RequireFolder(path, Path.GetFullPath(path));

    private static void RequireFolder(string path, string folder)
    {
        string there = folder;
        while (!Directory.Exists(there))
        {
            if (File.Exists(there)) throw new InvalidFileException(path, $"cannot be written: {there} is not a folder.");
            there = Path.GetDirectoryName(there) ?? throw new InvalidFileException(path, $"cannot be written: there is no {there}.");
        }
        try
        {
            string probe = Path.Combine(there, $".{Guid.NewGuid():N}.tmp");
            using FileStream stream = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be written: {there} takes no files. Choose another folder.", error);
        }
    }
}
