namespace SafeDiffusion.Instrumentation;

/// <summary>Chooses attention layers of a UNet: by grid, by name, by index, or all.</summary>
public sealed class LayerSelection
{
    private readonly Func<AttentionLayer, bool> _includes;
    private readonly string _description;

    private LayerSelection(string description, Func<AttentionLayer, bool> includes)
    {
        _description = description;
        _includes = includes;
    }

    /// <summary>Every cross-attention layer: the default for re-weighting and inhibition.</summary>
    public static LayerSelection All { get; } = new("all layers", _ => true);

    /// <summary>The layers at 1/2 and 1/4 of the latent grid: the default for detection (Li et al., CVPR 2025).</summary>
    public static LayerSelection Detection { get; } = ByGrid(2, 4);

    /// <summary>The layers whose grid goes into the latent grid this often each way (1, 2, 4, 8).</summary>
    public static LayerSelection ByGrid(params int[] factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        int[] wanted = [.. factors];
        return new($"layers at 1/{string.Join(", 1/", wanted)} of the latent grid", layer => wanted.Contains(layer.GridFactor));
    }

    /// <summary>The layers of these names.</summary>
    public static LayerSelection ByName(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] wanted = [.. names];
        return new($"layers named {string.Join(", ", wanted)}", layer => wanted.Contains(layer.Name));
    }

    /// <summary>The layers at these places in the order of evaluation, from 0.</summary>
    public static LayerSelection ByIndex(params int[] indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        int[] wanted = [.. indices];
        return new($"layers number {string.Join(", ", wanted)}", layer => wanted.Contains(layer.Index));
    }

    /// <summary>What is chosen, in words.</summary>
    public override string ToString() => _description;

    /// <exception cref="LayerNotFoundException">No layer is chosen.</exception>
    internal IReadOnlyList<AttentionLayer> From(string file, IReadOnlyList<AttentionLayer> layers)
    {
        AttentionLayer[] chosen = [.. layers.Where(_includes)];
        return chosen.Length > 0 ? chosen : throw new LayerNotFoundException(file, _description, layers);
    }
}
