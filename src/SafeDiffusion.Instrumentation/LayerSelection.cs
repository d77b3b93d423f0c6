using System.Globalization;

namespace SafeDiffusion.Instrumentation;

/// <summary>
/// Chooses attention layers of a UNet: by grid, by name, by index, or all. Two selections are equal where they say the same
/// (<see cref="Text"/>).
/// </summary>
public sealed class LayerSelection : IEquatable<LayerSelection>
{
    private const string AllText = "all";
    private readonly Func<AttentionLayer, bool> _includes;
    private readonly string _description;

    private LayerSelection(string text, string description, Func<AttentionLayer, bool> includes)
    {
        Text = text;
        _description = description;
        _includes = includes;
    }

    /// <summary>Every cross-attention layer: the default for re-weighting and inhibition.</summary>
    public static LayerSelection All { get; } = new(AllText, "all layers", _ => true);

    /// <summary>The layers at 1/2 and 1/4 of the latent grid: the default for detection (Li et al., CVPR 2025).</summary>
    public static LayerSelection Detection { get; } = ByGrid(2, 4);

    /// <summary>The selection as <see cref="Parse"/> reads it: <c>all</c>, grid factors (<c>2,4</c>), indices (<c>#0,#3</c>) or names.</summary>
    public string Text { get; }

    /// <summary>The layers whose grid goes into the latent grid this often each way (1, 2, 4, 8).</summary>
    public static LayerSelection ByGrid(params int[] factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        int[] wanted = [.. factors.Distinct().Order()];
        return new(Join("", wanted), $"layers at 1/{string.Join(", 1/", wanted)} of the latent grid", layer => wanted.Contains(layer.GridFactor));
    }

    /// <summary>The layers of these names.</summary>
    public static LayerSelection ByName(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] wanted = [.. names];
        return new(string.Join(",", wanted), $"layers named {string.Join(", ", wanted)}", layer => wanted.Contains(layer.Name));
    }

    /// <summary>The layers at these places in the order of evaluation, from 0.</summary>
    public static LayerSelection ByIndex(params int[] indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        int[] wanted = [.. indices.Distinct().Order()];
        return new(Join("#", wanted), $"layers number {string.Join(", ", wanted)}", layer => wanted.Contains(layer.Index));
    }

    /// <summary>Reads a selection, its parts separated by commas.</summary>
    /// <exception cref="FormatException">The text names nothing.</exception>
    public static LayerSelection Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0) throw new FormatException("A selection of layers is all, grid factors such as 2,4, indices such as #0,#3, or names.");
        if (parts is [AllText]) return All;
        if (Numbers(parts, "") is { } factors) return ByGrid(factors);
        return Numbers(parts, "#") is { } indices ? ByIndex(indices) : ByName(parts);
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

    /// <exception cref="LayerNotFoundException">No layer is chosen.</exception>
    internal IReadOnlyList<AttentionLayer> From(string file, IReadOnlyList<AttentionLayer> layers)
    {
        AttentionLayer[] chosen = [.. layers.Where(_includes)];
        return chosen.Length > 0 ? chosen : throw new LayerNotFoundException(file, _description, layers);
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
}
