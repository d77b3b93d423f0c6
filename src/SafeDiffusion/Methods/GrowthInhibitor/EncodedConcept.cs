using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>A concept as a model encodes it. Its own tokens stand between start and first end-of-text.</summary>
/// <param name="Text">The concept, as a text.</param>
/// <param name="States">Its states, <c>[N, D]</c>.</param>
/// <param name="End">The position of the first end-of-text, above 1.</param>
internal sealed record EncodedConcept(string Text, TextStates States, int End)
{
    /// <exception cref="InvalidRequestException">The text has no token.</exception>
    public static EncodedConcept Of(string text, ProtectionContext context)
    {
        TextStates states = context.Encode(text);
        int end = states.Text!.EndPosition;
        return end > 1 ? new(text, states, end) : throw new InvalidRequestException("policy", $"inhibits \"{text}\", which has no token; name what is to be inhibited.");
    }

    /// <summary>1 - cosine of two concepts' pooled states, those at the first end-of-text: 0 for the same direction, 2 for the opposite.</summary>
    public float DistanceTo(EncodedConcept other) => 1 - TensorPrimitives.CosineSimilarity(Pooled, other.Pooled);

    /// <summary>The sum over the own tokens of what attention responds to them, averaged over the layers.</summary>
    public float Response(StepPredictions predictions, int inhibitor)
    {
        float sum = 0;
        for (int layer = 0; layer < predictions.InhibitedLayers; layer++) sum += TensorPrimitives.Sum(OwnResponses(predictions, layer, inhibitor));
        return sum / predictions.InhibitedLayers;
    }

    /// <summary>What a layer's attention responds to each of the own tokens.</summary>
    public ReadOnlySpan<float> OwnResponses(StepPredictions predictions, int layer, int inhibitor) => predictions.InhibitorResponse(layer, inhibitor)[1..End];

    /// <summary>An inhibitor with a weight for each own token.</summary>
    public Inhibitor Inhibitor(ReadOnlySpan<float> ownWeights, ImmutableArray<float> layerScales)
    {
        float[] weights = new float[States.Tokens];
        ownWeights.CopyTo(weights.AsSpan(1));
        return new(States, [.. weights]) { LayerScales = layerScales };
    }

    private ReadOnlySpan<float> Pooled => States.Values.Slice(End * States.Width, States.Width);
}
