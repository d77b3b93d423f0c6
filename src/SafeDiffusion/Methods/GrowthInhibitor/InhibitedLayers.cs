using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Model.UNet;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>
/// The cross-attention layers that an inhibitor acts in: a selection, or those that respond to the concept. In JSON <c>automatic</c>, or what
/// <see cref="LayerSelection.Parse"/> reads.
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed record InhibitedLayers
{
    private const string AutomaticText = "automatic";

    private InhibitedLayers(LayerSelection? selection) => Selection = selection;

    /// <summary>All layers.</summary>
    public static InhibitedLayers All { get; } = new(LayerSelection.All);

    /// <summary>
    /// The layers in which one of the concept's own tokens draws more than 1.5 times the attention that N tokens have on average, and more than
    /// 1.5 times what the empty text draws in its place, at the first step of each picture, before anything is inhibited; all, where that is
    /// none. Costs one row in the first step.
    /// </summary>
    public static InhibitedLayers Automatic { get; } = new((LayerSelection?)null);

    /// <summary>The selection; null for the automatic choice.</summary>
    public LayerSelection? Selection { get; }

    /// <summary>As in JSON.</summary>
    public string Text => Selection?.Text ?? AutomaticText;

    /// <summary>A selection.</summary>
    public static implicit operator InhibitedLayers(LayerSelection selection) => FromLayerSelection(selection);

    /// <summary>A selection.</summary>
    public static InhibitedLayers FromLayerSelection(LayerSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        return new(selection);
    }

    /// <inheritdoc/>
    public override string ToString() => Selection?.ToString() ?? "layers that respond";

    /// <summary>Which of a model's layers are chosen, one answer a layer.</summary>
    /// <exception cref="InvalidRequestException">None is.</exception>
    internal ImmutableArray<bool> Of(ImmutableArray<InhibitedLayer> layers)
    {
        ImmutableArray<bool> chosen = [.. layers.Select(layer => Selection!.Includes(layer.Index, layer.Name, layer.GridFactor))];
        if (chosen.Contains(true)) return chosen;
        throw new InvalidRequestException(
            "policy", $"inhibits in the {Selection}, of which this model has none: {string.Join(", ", layers.Select(layer => $"#{layer.Index} {layer.Name} (1/{layer.GridFactor})"))}.");
    }

    /// <summary>Reads and writes the text.</summary>
    private sealed class Converter : JsonConverter<InhibitedLayers>
    {
        public override InhibitedLayers Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String) throw new JsonException("must be a text: automatic, all, grid factors such as 2,4, indices such as #0,#3, or layers' names.");
            string text = reader.GetString()!;
            try
            {
                return text.Trim() == AutomaticText ? Automatic : LayerSelection.Parse(text);
            }
            catch (FormatException error)
            {
                throw new JsonException($"is '{text}'; it must be automatic, all, grid factors such as 2,4, indices such as #0,#3, or layers' names.", error);
            }
        }

        public override void Write(Utf8JsonWriter writer, InhibitedLayers value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
