using System.Collections.Immutable;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>What is inhibited in a picture: the inhibitors, and for each concept what is told of it.</summary>
/// <param name="Inhibitors">The inhibitors, first those of the concepts that act, in their order.</param>
/// <param name="Acting">The concepts that act, each with its scale.</param>
/// <param name="Dropped">The concepts that do not, with the reason.</param>
/// <param name="Layers">The names of the layers; empty for all.</param>
internal sealed record InhibitionPlan(
    ImmutableArray<Inhibitor> Inhibitors, ImmutableArray<(EncodedConcept Concept, float Scale)> Acting, ImmutableArray<InterventionPart> Dropped,
    ImmutableArray<string> Layers)
{
    /// <summary>The greatest scale; 0 where nothing acts.</summary>
    public float Scale => Acting.IsEmpty ? 0 : Acting.Max(acting => acting.Scale);

    /// <param name="settings">The settings.</param>
    /// <param name="concepts">The concepts.</param>
    /// <param name="scales">The scale of each own token of each concept, at least 0.</param>
    /// <param name="nullText">The empty text's states.</param>
    /// <param name="chosen">Whether each of the layers is inhibited.</param>
    /// <param name="layers">The layers.</param>
    public static InhibitionPlan Of(
        GrowthInhibition settings, ImmutableArray<EncodedConcept> concepts, IReadOnlyList<float[]> scales, TextStates nullText, ImmutableArray<bool> chosen, ImmutableArray<InhibitedLayer> layers)
    {
        float[] greatest = [.. scales.Select(own => own.Max())];
        (int Place, float Distance)?[] dropped = NearSynonyms.Find(concepts, greatest, settings.SynonymThreshold);
        int[] acting = [.. Enumerable.Range(0, concepts.Length).Where(place => greatest[place] > 0 && dropped[place] is null)];
        ImmutableArray<float> layerScales = chosen.Contains(false) ? [.. chosen.Select(isChosen => isChosen ? 1f : 0f)] : [];
        List<Inhibitor> inhibitors = [];
        // The graph adds the maps, so that suppressing is a weight below 0.
        foreach (int place in acting)
        {
            inhibitors.Add(settings.ResolvedContrast
                ? Whole(concepts[place].States, -greatest[place], layerScales)
                : concepts[place].Inhibitor([.. scales[place].Select(scale => -scale)], layerScales));
        }
        if (settings.ResolvedContrast && acting.Length > 0) inhibitors.Add(Whole(nullText, acting.Sum(place => greatest[place]), layerScales));
        return new(
            [.. inhibitors],
            [.. acting.Select(place => (concepts[place], greatest[place]))],
            [.. Enumerable.Range(0, concepts.Length).Except(acting).Select(place => new InterventionPart(concepts[place].Text, 0, Reason: Reason(dropped[place], concepts)))],
            layerScales.IsEmpty ? [] : [.. layers.Where((_, i) => chosen[i]).Select(layer => layer.Name)]);
    }

    /// <summary>All tokens of a text at one weight: what attention to the text alone would give, times that.</summary>
    private static Inhibitor Whole(TextStates text, float weight, ImmutableArray<float> layerScales) =>
        new(text, [.. Enumerable.Repeat(weight, text.Tokens)]) { LayerScales = layerScales };

    private static string Reason((int Place, float Distance)? dropped, ImmutableArray<EncodedConcept> concepts) =>
        dropped is { } near ? FormattableString.Invariant($"means nearly what \"{concepts[near.Place].Text}\" does (distance {near.Distance:0.####}), whose scale is not smaller") : "scale is zero";
}
