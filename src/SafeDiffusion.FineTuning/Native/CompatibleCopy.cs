using System.Security.Cryptography;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.FineTuning.Native;

/// <summary>
/// A copy of TorchSharp's Linux library that an older libstdc++ can load. Of the version <c>GLIBCXX_3.4.32</c> it uses one symbol,
/// <c>_ZSt21ios_base_library_initv</c>, which programs refer to as a mark of how they were compiled and which does nothing; marking that one
/// version need as weak (<c>VER_FLG_WEAK</c> in its <c>vna_flags</c>, ELF gABI's symbol versioning) lets the loader go on without it.
/// </summary>
internal static class CompatibleCopy
{
    /// <summary>What the loader's message names where this is needed.</summary>
    public const string MissingVersion = "GLIBCXX_3.4.32";

    private const byte Weak = 2;

    /// <summary>The libraries that are known, each with the place of the flags and the hash of the copy: nothing else is touched.</summary>
    private static readonly Known[] _known =
    [
        new("0.107.0", "cf33b1b0bb6bbb9754a768fb5c5d04d9f498603be50e73f55621a0b40ee608b8", 0x3FA34, "5968efac8270eff8a2b5ca7381612ea9cc54d81cf4104a54e0e6106b7b5f11e3"),
    ];

    /// <summary>The path of the copy, which is made where it is not there or is not what it should be.</summary>
    /// <param name="library">The library as TorchSharp ships it.</param>
    /// <param name="cacheFolder">Where copies are kept.</param>
    /// <exception cref="AutogradNotAvailableException">The library is not one that is known.</exception>
    /// <exception cref="InvalidFileException">A file cannot be read or written.</exception>
    public static string Of(string library, string cacheFolder)
    {
        byte[] bytes = Read(library);
        string hash = Hash(bytes);
        Known known = _known.FirstOrDefault(known => known.Original == hash) ?? throw new AutogradNotAvailableException(
            $"{library} needs the libstdc++ of GCC 13.2 or later ({MissingVersion}), which this system lacks, and is none that a copy for older systems is known for "
            + $"(TorchSharp {string.Join(", ", _known.Select(known => known.Version))}). Use that version, or a newer system.");
        string copy = Path.Combine(cacheFolder, $"torchsharp-{known.Version}", Path.GetFileName(library));
        if (File.Exists(copy) && Hash(Read(copy)) == known.Copy) return copy;
        bytes[known.FlagsOffset] = Weak;
        if (Hash(bytes) != known.Copy) throw new InvalidOperationException("The table of known libraries is wrong.");
        AtomicFile.Write(copy, stream => stream.Write(bytes));
        return copy;
    }

    /// <summary>The user's cache folder: <c>$XDG_CACHE_HOME/safediffusion</c>, or <c>~/.cache/safediffusion</c>.</summary>
    /// <exception cref="AutogradNotAvailableException">The user has neither.</exception>
    public static string CacheFolder()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathRooted(cache)) return Path.Combine(cache, "safediffusion");
        if (Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home) return Path.Combine(home, ".cache", "safediffusion");
        throw new AutogradNotAvailableException("a copy of its library for this older system must be written, but there is no home folder. Set XDG_CACHE_HOME to a folder that can be written to.");
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {error.Message}", error);
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed record Known(string Version, string Original, int FlagsOffset, string Copy);
}
