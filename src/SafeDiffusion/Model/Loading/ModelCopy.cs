using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Loading;

/// <summary>Writes a model folder that differs from another in its UNet alone.</summary>
internal static class ModelCopy
{
    /// <summary>Writes the folder whole or not at all.</summary>
    /// <param name="model">The model folder; it is left as it is.</param>
    /// <param name="output">The folder to make; it is not there yet.</param>
    /// <param name="copyWeights">Whether to copy the other files; otherwise both folders share them (hard links, on one drive).</param>
    /// <param name="writeUNet">Writes the UNet's file, into a folder that holds all others.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <exception cref="InvalidFileException">A file cannot be copied, shared or written.</exception>
    public static void Write(ModelFolder model, string output, bool copyWeights, Action<string> writeUNet, CancellationToken cancellationToken = default)
    {
        string unetFile = Path.GetRelativePath(model.Path, ModelFiles.Find(model.Path, "unet")!);
        string temporary = $"{output}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(temporary, unetFile))!);
            foreach (string source in Directory.EnumerateFiles(model.Path, "*", SearchOption.AllDirectories))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string relative = Path.GetRelativePath(model.Path, source);
                if (relative == unetFile) continue;
                string target = Path.Combine(temporary, relative);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                if (copyWeights) File.Copy(source, target);
                else HardLink.Create(RealPath.Of(source), target);
            }
            writeUNet(Path.Combine(temporary, unetFile));
            cancellationToken.ThrowIfCancellationRequested();
            Directory.Move(temporary, output);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(output, $"cannot be written: {error.Message}", error);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }
}
