using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;

namespace SafeDiffusion.Instrumentation.Editing;

/// <summary>Which layers get which feature.</summary>
internal sealed record InstrumentationPlan(AttentionFeatures Features, IReadOnlyList<AttentionLayer> Detection, IReadOnlyList<AttentionLayer> Reweighted,
    IReadOnlyList<AttentionLayer> Inhibited)
{
    public static InstrumentationPlan Of(string file, UNetAnalysis analysis, InstrumentationOptions options)
    {
        IReadOnlyList<AttentionLayer> Chosen(AttentionFeatures feature, LayerSelection selection) =>
            options.Features.HasFlag(feature) ? selection.From(file, analysis.CrossAttention) : [];
        return new InstrumentationPlan(options.Features & AttentionFeatures.All,
            Chosen(AttentionFeatures.Detect, options.DetectionLayers),
            Chosen(AttentionFeatures.Reweight, options.ReweightedLayers),
            Chosen(AttentionFeatures.Inhibit, options.InhibitedLayers));
    }

    public bool IsDoneBy(InstrumentationRecord record) => record.Features == Features
        && Names(Detection).SequenceEqual(record.DetectionLayers)
        && Names(Reweighted).SequenceEqual(record.ReweightedLayers)
        && Names(Inhibited).SequenceEqual(record.InhibitedLayers);

    public InstrumentationRecord Record(UNetAnalysis analysis) => new(Features, [.. Names(Detection)], [.. Names(Reweighted)], [.. Names(Inhibited)],
        [.. analysis.CrossAttention.Select(layer => new LayerRecord(layer.Name, layer.GridFactor, layer.Width, layer.Heads,
            layer.Key.Initializer ?? layer.Key.Weight, layer.Value.Initializer ?? layer.Value.Weight, layer.Output?.Initializer ?? layer.Output?.Weight))]);

    private static IEnumerable<string> Names(IReadOnlyList<AttentionLayer> layers) => layers.Select(layer => layer.Name);
}
