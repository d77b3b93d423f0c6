using SafeDiffusion.Core.Errors;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.FineTuning.Parameters;

/// <summary>Finds the initializers that have a role in a UNet, by following its data; names play no part.</summary>
public static class ParameterChoice
{
    /// <summary>The initializers to train, each once, in the order of evaluation.</summary>
    /// <param name="unet">The UNet.</param>
    /// <param name="weights">The roles, at least one.</param>
    /// <exception cref="ArgumentException">No role is named.</exception>
    /// <exception cref="GraphNotUnderstoodException">The graph's attention cannot be found with certainty.</exception>
    /// <exception cref="InvalidFileException">A projection's weight is no initializer of its own: it is computed, or shared with something that is not trained.</exception>
    public static IReadOnlyList<string> Of(OnnxModelFile unet, TrainedWeights weights)
    {
        ArgumentNullException.ThrowIfNull(unet);
        if (weights == TrainedWeights.None) throw new ArgumentException("No weights are named.", nameof(weights));
        UNetAnalysis analysis = UNetInstrumentation.Analyze(unet);
        OnnxGraph graph = new(unet);
        if ((weights & TrainedWeights.SelfAttention) != 0 && analysis.SelfAttention.Count < analysis.CrossAttention.Count)
            throw new InvalidFileException(unet.Path, $"shows {analysis.CrossAttention.Count} cross-attention layers and only {analysis.SelfAttention.Count} self-attention layers; those that are not recognised would not be trained. Train the weights of cross-attention alone, or export the model again without fusing");
        (string Layer, TrainedWeights Role, ProjectionPlace Place)[] all =
            [.. analysis.SelfAttention.SelectMany(layer => Projections(layer, 0)), .. analysis.CrossAttention.SelectMany(layer => Projections(layer, 4))];
        List<string> chosen = [];
        foreach ((string layer, TrainedWeights role, ProjectionPlace place) in all.Where(one => weights.HasFlag(one.Role)))
        {
            string weight = place.Initializer ?? throw new InvalidFileException(unet.Path, $"the weight of '{place.Node}' ({role} of {layer}) is computed from several others, and cannot be trained as one");
            if (all.FirstOrDefault(one => one.Place.Initializer == weight && !weights.HasFlag(one.Role)) is { Place: not null } other)
                throw new InvalidFileException(unet.Path, $"the weight '{weight}' of {layer} is {other.Role} of {other.Layer} as well, which is not to be trained. Train both, or export the model without packed or shared projections");
            if (!graph.Initializers.ContainsKey(weight)) throw new InvalidFileException(unet.Path, $"the weight '{weight}' of {layer} is no dense initializer");
            chosen.Add(weight);
            if (place.Bias is { } bias && graph.Initializers.ContainsKey(bias)) chosen.Add(bias);
        }
        return [.. chosen.Distinct()];
    }

    private static IEnumerable<(string Layer, TrainedWeights Role, ProjectionPlace Place)> Projections(AttentionLayer layer, int shift)
    {
        yield return (layer.Name, (TrainedWeights)(1 << shift), layer.Query);
        yield return (layer.Name, (TrainedWeights)(2 << shift), layer.Key);
        yield return (layer.Name, (TrainedWeights)(4 << shift), layer.Value);
        if (layer.Output is { } output) yield return (layer.Name, (TrainedWeights)(8 << shift), output);
    }
}
