using System.Globalization;
using System.Text.RegularExpressions;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>
/// Chooses attention layers of a UNet: by grid, by name, by index, or all. Two selections are equal where they say the same
/// (<see cref="Text"/>).
/// </summary>
public sealed partial class LayerSelection : IEquatable<LayerSelection>
{
    private const string AllText = "all";
    private readonly Func<Candidate, bool> _includes;
    private readonly string _description;

    private LayerSelection(string text, string description, Func<Candidate, bool> includes)
    {
        Text = text;
        _description = description;
        _includes = includes;
    }

    /// <summary>Every cross-attention layer: the default for re-weighting and inhibition.</summary>
    public static LayerSelection All { get; } = new(AllText, "all layers", _ => true);

    /// <summary>The layers at 1/2 and 1/4 of the latent grid: the default for detection (Li et al., CVPR 2025).</summary>
    public static LayerSelection Detection { get; } = ByGrid(2, 4);

    /// <summary>
    /// The selection as <see cref="Parse"/> reads it: <c>all</c>, grid factors (<c>2,4</c>), indices (<c>#0,#3</c>) or names. In a name a
    /// backslash stands before each comma and backslash, and before one that could be taken for something else.
    /// </summary>
    public string Text { get; }

    /// <summary>The layers whose grid goes into the latent grid this often each way (1, 2, 4, 8).</summary>
    /// <exception cref="ArgumentException">There is no factor, or one is below 0.</exception>
    public static LayerSelection ByGrid(params int[] factors)
    {
        int[] wanted = Wanted(factors, nameof(factors));
        return new(Join("", wanted), $"layers at 1/{string.Join(", 1/", wanted)} of the latent grid", layer => wanted.Contains(layer.GridFactor));
    }

    /// <summary>The layers of these names.</summary>
    /// <exception cref="ArgumentException">There is no name, or one is empty.</exception>
    public static LayerSelection ByName(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Length == 0 || names.Any(string.IsNullOrWhiteSpace)) throw new ArgumentException("At least one name is needed, and none is empty.", nameof(names));
        string[] wanted = [.. names.Distinct().Order(StringComparer.Ordinal)];
        return new(string.Join(",", wanted.Select(Escape)), $"layers named {string.Join(", ", wanted)}", layer => wanted.Contains(layer.Name));
    }

    /// <summary>The layers at these places in the order of evaluation, from 0.</summary>
    /// <exception cref="ArgumentException">There is no index, or one is below 0.</exception>
    public static LayerSelection ByIndex(params int[] indices)
    {
        int[] wanted = Wanted(indices, nameof(indices));
        return new(Join("#", wanted), $"layers number {string.Join(", ", wanted)}", layer => wanted.Contains(layer.Index));
    }

    /// <summary>Reads a selection, its parts separated by commas.</summary>
    /// <exception cref="FormatException">The text names nothing.</exception>
    public static LayerSelection Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = [.. Separator().Split(text).Select(part => part.Trim()).Where(part => part.Length > 0)];
        if (parts.Length == 0) throw new FormatException("A selection of layers is all, grid factors such as 2,4, indices such as #0,#3, or names.");
        if (parts is [AllText]) return All;
        if (Numbers(parts, "") is { } factors) return ByGrid(factors);
        return Numbers(parts, "#") is { } indices ? ByIndex(indices) : ByName([.. parts.Select(part => Escaped().Replace(part, "$1"))]);
    }

    /// <summary>Whether two selections say the same.</summary>
    public static bool operator ==(LayerSelection? left, LayerSelection? right) => left?.Text == right?.Text;

    /// <summary>Whether two selections say something else.</summary>
    public static bool operator !=(LayerSelection? left, LayerSelection? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(LayerSelection? other) => other is not null && other.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LayerSelection);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>What is chosen, in words.</summary>
    public override string ToString() => _description;

    /// <summary>Whether a layer is chosen.</summary>
    /// <param name="index">Its place in the order of evaluation, from 0.</param>
    /// <param name="name">Its name.</param>
    /// <param name="gridFactor">How often its grid goes into the latent grid, each way.</param>
    public bool Includes(int index, string name, int gridFactor) => _includes(new(index, name, gridFactor));

    /// <exception cref="LayerNotFoundException">No layer is chosen.</exception>
    internal IReadOnlyList<AttentionLayer> From(string file, IReadOnlyList<AttentionLayer> layers)
    {
        AttentionLayer[] chosen = [.. layers.Where(layer => Includes(layer.Index, layer.Name, layer.GridFactor))];
        return chosen.Length > 0 ? chosen : throw new LayerNotFoundException(file, _description, layers);
    }

    private static int[] Wanted(int[] numbers, string parameter)
    {
        ArgumentNullException.ThrowIfNull(numbers, parameter);
        if (numbers.Length == 0 || numbers.Any(int.IsNegative)) throw new ArgumentException("At least one number is needed, and none is below 0.", parameter);
        return [.. numbers.Distinct().Order()];
    }

    /// <summary>A name that reads as nothing else.</summary>
    private static string Escape(string name)
    {
        string escaped = Special().Replace(name, @"\$0");
        return name == AllText || Numbers([name], "") is not null || Numbers([name], "#") is not null ? @"\" + escaped : escaped;
    }

    private static string Join(string prefix, int[] numbers) =>
        string.Join(",", numbers.Select(number => prefix + number.ToString(CultureInfo.InvariantCulture)));

    private static int[]? Numbers(string[] parts, string prefix)
    {
        int[] numbers = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith(prefix, StringComparison.Ordinal)) return null;
            if (!int.TryParse(parts[i].AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        }
        return numbers;
    }

    /// <summary>What selections choose by.</summary>
    private readonly record struct Candidate(int Index, string Name, int GridFactor);

    /// <summary>A comma before which there is no escaping backslash.</summary>
    [GeneratedRegex(@"(?<=(?<!\\)(?:\\\\)*),")]
    private static partial Regex Separator();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escaped();

    [GeneratedRegex(@"[,\\]")]
    private static partial Regex Special();
}
