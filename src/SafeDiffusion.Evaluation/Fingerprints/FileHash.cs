using System.Security.Cryptography;
using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Fingerprints;

/// <summary>SHA-256 of files and model folders, in hexadecimal.</summary>
internal static class FileHash
{
    private static readonly string[] _modelParts = ["scheduler", "text_encoder", "tokenizer", "unet", "vae_decoder"];

    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public static string OfFile(string path) => Convert.ToHexStringLower(BytesOf(path));

    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public static byte[] BytesOf(string path) => ByteSource.OpenStream(path, SHA256.HashData);

    /// <summary>The hash of all files of a model that pictures depend on, with their names.</summary>
    /// <exception cref="InvalidFileException">The folder is missing, or a file cannot be read.</exception>
    public static string OfModel(string folder)
    {
        if (!Directory.Exists(folder)) throw new InvalidFileException(folder, "no such folder. Name the model folder, the one that holds unet/model.onnx.");
        string[] files =
        [
            .. _modelParts.Select(part => Path.Combine(folder, part)).Where(Directory.Exists)
                .SelectMany(part => Directory.EnumerateFiles(part, "*", SearchOption.AllDirectories))
                .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal),
        ];
        string list = string.Join('\n', files.Select(file => $"{file} {OfFile(Path.Combine(folder, file))}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)));
    }
}
