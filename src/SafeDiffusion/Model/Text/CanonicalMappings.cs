using System.Globalization;

namespace SafeDiffusion.Model.Text;

/// <summary>
/// Unicode's canonical mappings, read once from CanonicalMappings.txt. They are carried along because .NET leaves text unnormalised
/// where it runs without ICU (invariant globalisation), and token ids must not depend on how an application is deployed.
/// </summary>
internal sealed class CanonicalMappings
{
    private static readonly Lazy<CanonicalMappings> _loaded = new(() => new CanonicalMappings());

    private readonly Dictionary<int, (int First, int? Second)> _decompositions = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, int> _classes = [];

    private CanonicalMappings()
    {
        using Stream stream = typeof(CanonicalMappings).Assembly.GetManifestResourceStream("CanonicalMappings.txt")!;
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line) AddLine(line);
    }

    public static CanonicalMappings Instance => _loaded.Value;

    /// <summary>The canonical combining class; 0 for what starts a new character.</summary>
    public int ClassOf(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>One step of decomposition; <c>Second</c> is null where one code point stands for another.</summary>
    public bool TryDecompose(int codePoint, out (int First, int? Second) parts) => _decompositions.TryGetValue(codePoint, out parts);

    /// <summary>The primary composite of two code points.</summary>
    public bool TryCompose(int first, int second, out int composed) => _compositions.TryGetValue((first, second), out composed);

    private void AddLine(string line)
    {
        string[] parts = line.Split(' ');
        if (line[0] == '#') return;
        if (line[0] == '@') AddClass(int.Parse(parts[0].AsSpan(1), CultureInfo.InvariantCulture), parts.AsSpan(1));
        else AddMapping(parts);
    }

    private void AddClass(int combiningClass, ReadOnlySpan<string> ranges)
    {
        foreach (string range in ranges)
        {
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            int last = ParseHex(range.AsSpan(dash + 1));
            for (int codePoint = ParseHex(range.AsSpan(0, dash)); codePoint <= last; codePoint++) _classes[codePoint] = combiningClass;
        }
    }

    private void AddMapping(string[] parts)
    {
        int composed = ParseHex(parts[0].AsSpan().TrimStart('!'));
        int first = ParseHex(parts[1]);
        int? second = parts.Length > 2 ? ParseHex(parts[2]) : null;
        _decompositions[composed] = (first, second);
        if (parts[0][0] != '!') _compositions[(first, second!.Value)] = composed;
    }

    private static int ParseHex(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
