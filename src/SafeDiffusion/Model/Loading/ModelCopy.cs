using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Loading;

/// <summary>Writes a model folder that differs from another in a network or two.</summary>
internal static class ModelCopy
{
    private static readonly string[] _networks = ["text_encoder", "unet", "vae_decoder", "vae_encoder"];

    /// <summary>Writes the folder whole or not at all.</summary>
    /// <param name="model">The model folder; it is left as it is.</param>
    /// <param name="output">The folder to make; it is not there yet.</param>
    /// <param name="copyWeights">Whether to copy the other files; otherwise both folders share them (hard links, on one drive).</param>
    /// <param name="writeUNet">Writes the UNet's file, into a folder that holds all others.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <exception cref="InvalidFileException">A file cannot be copied, shared or written.</exception>
    public static void Write(ModelFolder model, string output, bool copyWeights, Action<string> writeUNet, CancellationToken cancellationToken = default) =>
        Write(model, output, copyWeights, new Dictionary<string, Action<string>> { ["unet"] = writeUNet }, [], cancellationToken);

    /// <param name="model">The model folder; see the other overload.</param>
    /// <param name="output">The folder to make.</param>
    /// <param name="copyWeights">Whether to copy the other files.</param>
    /// <param name="write">Write networks' files, by the networks' names.</param>
    /// <param name="leftOut">Files, with links followed, that the new networks do not need; those that another network needs are not left out.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <inheritdoc cref="Write(ModelFolder, string, bool, Action{string}, CancellationToken)"/>
    public static void Write(
        ModelFolder model, string output, bool copyWeights, IReadOnlyDictionary<string, Action<string>> write, IReadOnlyCollection<string> leftOut, CancellationToken cancellationToken)
    {
        HashSet<string> needless = [.. leftOut];
        foreach (string network in needless.Count == 0 ? [] : _networks.Where(network => model.Has(network) && !write.ContainsKey(network))) needless.ExceptWith(model.LoadNetwork(network).ExternalDataPaths);
        Dictionary<string, Action<string>> written = write.ToDictionary(network => Path.GetRelativePath(model.Path, ModelFiles.Find(model.Path, network.Key)!), network => network.Value);
        string temporary = $"{output}.{Environment.ProcessId}.tmp";
        try
        {
            foreach (string file in written.Keys) Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(temporary, file))!);
            foreach (string source in Directory.EnumerateFiles(model.Path, "*", SearchOption.AllDirectories))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string relative = Path.GetRelativePath(model.Path, source);
                if (written.ContainsKey(relative) || needless.Contains(RealPath.Of(source))) continue;
                string target = Path.Combine(temporary, relative);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                if (copyWeights) File.Copy(source, target);
                else HardLink.Create(RealPath.Of(source), target);
            }
            foreach ((string file, Action<string> writeNetwork) in written) writeNetwork(Path.Combine(temporary, file));
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
