using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs.Planning;

/// <summary>
/// Makes the keys of pictures: the SHA-256 of everything that a picture and its judgements depend on. Names of sets and policies do
/// not count, so that what is renamed or asked for twice is drawn once.
/// </summary>
internal sealed class PictureKeys(RunIdentity identity, SuiteSettings settings)
{
    private readonly byte[] _common = Hash(
        identity.Tool, identity.OnnxRuntime, identity.Provider, identity.Model,
        string.Join('\n', identity.Judges.Select(judge => $"{judge.Name} {judge.Fingerprint}")),
        FormattableString.Invariant($"{settings.Steps} {settings.GuidanceScale:R} {settings.Eta:R} {settings.Width} {settings.Height}"));

    /// <summary>The key of a picture, in hexadecimal.</summary>
    /// <param name="policy">The policy's content, from <see cref="PolicyContent.Of"/>.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="start">What the picture starts from; null for noise.</param>
    public string Of(string policy, string prompt, long seed, string? start = null)
    {
        string[] content = [Convert.ToHexStringLower(_common), policy, prompt, FormattableString.Invariant($"{seed}")];
        return Convert.ToHexStringLower(Hash(start is null ? content : [.. content, start]));
    }

    /// <summary>What a picture starts from, as a part of its key.</summary>
    public static string? StartOf(PromptSet set, int index) =>
        set.Start is { } start ? FormattableString.Invariant($"{start.Strength:R} {start.PromptOf(index)}") : null;

    /// <summary>Hashes texts with their lengths, so that no two lists of texts are one.</summary>
    private static byte[] Hash(params ReadOnlySpan<string> texts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        return hash.GetHashAndReset();
    }
}
