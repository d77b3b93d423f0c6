using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Protections;

/// <summary>The guideline tokens that the pictures of a batch ask for, each once.</summary>
/// <param name="textWidth">Values per token, the model's text width D.</param>
internal sealed class GuidelineList(int textWidth)
{
    private readonly Dictionary<float[], GuidelineTokens> _places = [];
    private readonly List<float> _embeddings = [];

    /// <summary>All embeddings, <c>[G, D]</c>.</summary>
    public float[] Embeddings => [.. _embeddings];

    /// <summary>Adds embeddings, <c>[K, D]</c>; the same array has the same place.</summary>
    /// <exception cref="InvalidRequestException">They are not of the model's text width.</exception>
    public GuidelineTokens Add(float[] embeddings)
    {
        if (_places.TryGetValue(embeddings, out GuidelineTokens place)) return place;
        if (embeddings.Length == 0 || embeddings.Length % textWidth != 0)
        {
            throw new InvalidRequestException("policy", $"has a guideline of {embeddings.Length} values, which is no number of tokens of this model's text width, {textWidth}.");
        }
        place = new(_embeddings.Count / textWidth, embeddings.Length / textWidth);
        _embeddings.AddRange(embeddings);
        return _places[embeddings] = place;
    }
}
