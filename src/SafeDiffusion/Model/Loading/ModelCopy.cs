using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Loading;

/// <summary>Writes a model folder that differs from another in its UNet alone.</summary>
internal static class ModelCopy
{
    private static readonly string[] _otherNetworks = ["text_encoder", "vae_decoder", "vae_encoder"];

    /// <summary>Writes the folder whole or not at all.</summary>
    /// <param name="model">The model folder; it is left as it is.</param>
    /// <param name="output">The folder to make; it is not there yet.</param>
    /// <param name="copyWeights">Whether to copy the other files; otherwise both folders share them (hard links, on one drive).</param>
    /// <param name="writeUNet">Writes the UNet's file, into a folder that holds all others.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <exception cref="InvalidFileException">A file cannot be copied, shared or written.</exception>
    public static void Write(ModelFolder model, string output, bool copyWeights, Action<string> writeUNet, CancellationToken cancellationToken = default) =>
        Write(model, output, copyWeights, writeUNet, [], cancellationToken);

    /// <param name="model">The model folder; see the other overload.</param>
    /// <param name="output">The folder to make.</param>
    /// <param name="copyWeights">Whether to copy the other files.</param>
    /// <param name="writeUNet">Writes the UNet's file.</param>
    /// <param name="leftOut">Files, with links followed, that the new UNet does not need; those that another network needs are not left out.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <inheritdoc cref="Write(ModelFolder, string, bool, Action{string}, CancellationToken)"/>
    public static void Write(
        ModelFolder model, string output, bool copyWeights, Action<string> writeUNet, IReadOnlyCollection<string> leftOut, CancellationToken cancellationToken)
    {
        HashSet<string> needless = [.. leftOut];
        foreach (string network in needless.Count == 0 ? [] : _otherNetworks.Where(model.Has)) needless.ExceptWith(model.LoadNetwork(network).ExternalDataPaths);
        string unetFile = Path.GetRelativePath(model.Path, ModelFiles.Find(model.Path, "unet")!);
        string temporary = $"{output}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(temporary, unetFile))!);
            foreach (string source in Directory.EnumerateFiles(model.Path, "*", SearchOption.AllDirectories))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string relative = Path.GetRelativePath(model.Path, source);
                if (relative == unetFile || needless.Contains(RealPath.Of(source))) continue;
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
