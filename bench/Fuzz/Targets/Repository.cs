using System.Text;
using System.Text.RegularExpressions;
using SafeDiffusion.Fixtures;

namespace Fuzz.Targets;

/// <summary>Seeds out of the repository.</summary>
internal static partial class Repository
{
    public static string Shapes(params string[] parts) => Path.Combine([Fixture.ShapesModel, .. parts]);

    public static byte[] Read(params string[] parts) => File.ReadAllBytes(Fixture.Locate(parts));

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>The files of a folder below tests/Fixtures, in a fixed order.</summary>
    public static IEnumerable<byte[]> Files(string pattern, params string[] folder) =>
        Directory.EnumerateFiles(Fixture.Locate(folder), pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    /// <summary>The blocks of JSON on a page of docs.</summary>
    public static IEnumerable<byte[]> Blocks(string page) =>
        JsonBlock().Matches(File.ReadAllText(Path.Combine(Fixture.Root, "docs", page)).ReplaceLineEndings("\n")).Select(match => Bytes(match.Groups[1].Value));

    [GeneratedRegex("^```jsonc?\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex JsonBlock();
}
