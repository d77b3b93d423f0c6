using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Evaluation.Runs.Folder;

/// <summary>Keeps two processes from writing to one run's folder. The system drops it when a process ends, however it ends.</summary>
internal static class RunLock
{
    private const string FileName = "run.lock";

    /// <exception cref="InvalidFileException">Another run is writing to the folder, or it cannot be written to.</exception>
    public static IDisposable Take(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new InvalidFileException(folder, "takes no files. Choose another folder.", error);
        }
        catch (IOException error)
        {
            throw new InvalidFileException(folder, $"is in use by another run ({error.Message}). Wait for it, or choose another folder.", error);
        }
    }
}
