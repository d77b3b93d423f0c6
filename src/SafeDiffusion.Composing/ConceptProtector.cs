using SafeDiffusion.Composing.Reporting;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Composing;

/// <summary>
/// Protects a model from a concept in one call: learns what methods need, composes policies, measures them on prompts and seeds of its own,
/// and writes the best one that keeps what must be kept. What was learned or drawn is not learned or drawn again: a run that was cut off goes
/// on in its folder.
/// </summary>
public static class ConceptProtector
{
    /// <summary>The policy's file in the folder.</summary>
    public const string PolicyName = OutputFiles.PolicyName;

    /// <summary>The page in the folder.</summary>
    public const string PageName = OutputFiles.PageName;

    /// <summary>The figures in the folder.</summary>
    public const string ReportName = OutputFiles.ReportName;

    /// <summary>The sheet of pictures in the folder.</summary>
    public const string SheetName = OutputFiles.SheetName;

    /// <summary>Runs, or goes on.</summary>
    /// <param name="model">The model folder.</param>
    /// <param name="options">From what, and how.</param>
    /// <param name="folder">The folder to write: a new or empty one, or one of an earlier run.</param>
    /// <param name="progress">Told what is being done and how long it will take.</param>
    /// <param name="cancellationToken">Ends the work within one network call.</param>
    /// <exception cref="InvalidRequestException">An option is out of range, the judge does not know the concept, or there is nothing to compare.</exception>
    /// <exception cref="InvalidFileException">A file is missing or damaged, or the folder holds something else, another run, or cannot be written to.</exception>
    /// <exception cref="ProviderNotAvailableException">The provider is not there.</exception>
    /// <exception cref="InferenceException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Task<ProtectionOutcome> RunAsync(
        string model, ConceptProtectionOptions options, string folder, IProgress<ProtectionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(folder);
        options.Validate();
        RequireOwn(folder);
        return Task.Run(() => new ProtectionRun(model, options, folder, progress, cancellationToken).RunAsync(), cancellationToken);
    }

    /// <summary>A folder with other things in it is somebody's: its policy would be written over, its files taken for ours.</summary>
    private static void RequireOwn(string folder)
    {
        if (!Directory.Exists(folder) || Directory.Exists(Path.Combine(folder, ProtectionRun.RunFolder)) || !Directory.EnumerateFileSystemEntries(folder).Any()) return;
        throw new InvalidFileException(folder, "holds other files. Choose a new folder, or one in which this was run before.");
    }
}
