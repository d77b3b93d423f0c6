using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Cli.Commands;

/// <summary>Checks where a run will write before it starts, so that no minute of drawing is lost to a folder that cannot be written.</summary>
internal static class OutputPath
{
    private static readonly EnumerationOptions _everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true, MaxRecursionDepth = 16 };

    /// <summary>Checks the files that a run will write; nothing is created.</summary>
    /// <exception cref="InvalidRequestException">Two of them are one.</exception>
    /// <exception cref="InvalidFileException">One cannot be written.</exception>
    public static void RequireWritable(IEnumerable<string> files)
    {
        HashSet<string> known = [];
        foreach (string file in files)
        {
            FilePath.Require(file);
            string full = Path.GetFullPath(file);
            if (!known.Add(FileFacts.Of(full).Identity)) throw new InvalidRequestException("output", $"would write {file} twice; give each output a file of its own.");
            if (FileFacts.Of(full).Kind == FileKind.Special) throw new InvalidFileException(file, "is a pipe or a device, which cannot be replaced by a file. Name a file.");
            if (Directory.Exists(full)) throw new InvalidFileException(file, "is a folder; name a file in it.");
            RequireFolder(file, Path.GetDirectoryName(full)!);
        }
    }

    /// <summary>Checks that a run writes over nothing that it reads, by whatever name: links, hard links and names in other letters are seen through.</summary>
    /// <param name="files">The files to be written.</param>
    /// <param name="inputs">The files that are read; null where one was not given.</param>
    /// <param name="model">The model's folder, whose files stay; null where none is read.</param>
    /// <exception cref="InvalidRequestException">One would be written over.</exception>
    public static void RequireNoInput(IEnumerable<string> files, IEnumerable<string?> inputs, string? model = null)
    {
        HashSet<string> read = [.. inputs.OfType<string>().Concat(FilesBelow(model)).Select(file => FileFacts.Of(file).Identity)];
        foreach (string file in files)
        {
            if (read.Contains(FileFacts.Of(file).Identity)) throw new InvalidRequestException("output", $"would write over {file}, which is read. Name another file.");
        }
    }

    /// <summary>Checks that a folder to be made is neither one that is read nor below it.</summary>
    /// <exception cref="InvalidRequestException">It is.</exception>
    public static void RequireOutside(string output, string folder)
    {
        string read = FileFacts.Of(folder).Identity;
        for (string? above = RealPath.Of(output); above is not null; above = Path.GetDirectoryName(above))
        {
            if (FileFacts.Of(above).Identity == read) throw new InvalidRequestException("output", $"{output} lies in {folder}, which is read. Name a folder elsewhere.");
        }
    }

    /// <summary>A network's file with those that hold its weights, where it can be read; what cannot be read is refused where it is loaded.</summary>
    public static IEnumerable<string> NetworkFiles(string file)
    {
        try
        {
            OnnxModelFile network = OnnxModelFile.Load(file);
            return [file, .. network.ExternalDataFiles.Select(data => Path.Combine(network.Folder, data))];
        }
        catch (InvalidFileException)
        {
            return [file];
        }
    }

    /// <summary>Every file below a folder; none where there is no folder.</summary>
    public static IEnumerable<string> FilesBelow(string? folder) =>
        folder is null || !Directory.Exists(folder) ? [] : Directory.EnumerateFiles(folder, "*", _everything);

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
