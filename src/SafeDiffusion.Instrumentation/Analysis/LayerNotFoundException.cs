using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Instrumentation.Analysis;

/// <summary>A selection of layers fits none of a model's.</summary>
public sealed class LayerNotFoundException : SafeDiffusionException
{
    internal LayerNotFoundException(string file, string selection, IReadOnlyList<AttentionLayer> layers)
        : base($"{file}: has no {selection}; its cross-attention layers are: {string.Join(", ", layers.Select(layer => $"{layer.Name} ({layer.Grid})"))}")
    {
        Selection = selection;
    }

    /// <summary>What was asked for, in words.</summary>
    public string Selection { get; }
}
