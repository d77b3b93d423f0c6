using System.Security.Cryptography;
using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Evaluation.Fingerprints;

/// <summary>The SHA-256 of settings and of a network's files.</summary>
internal static class ModelFingerprint
{
    /// <param name="settings">What the results depend on besides the network, in order.</param>
    /// <param name="models">The networks' <c>.onnx</c> files; their external data counts too.</param>
    /// <exception cref="InvalidFileException">A file cannot be read.</exception>
    public static string Compute(IEnumerable<string> settings, params IEnumerable<string> models)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in settings) hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        foreach (string model in models)
        {
            hash.AppendData(FileHash.BytesOf(model));
            foreach (string data in OnnxModelFile.Load(model).ExternalDataFiles.Order(StringComparer.Ordinal))
                hash.AppendData(FileHash.BytesOf(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(model))!, data)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
