using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.Subtraction;

/// <summary>
/// Text erasure by subtraction, as Semantic Surgery does (arXiv:2510.22851): <c>e' = e - g(e) Δ</c>, all token positions together, with
/// <c>Δ = φ(concept) - φ(instead)</c> and the gate <c>g = σ((cos(e, Δ) - β) / γ)</c>. Several concepts that open the gate are joined in one
/// text, and the largest gate counts. Learns nothing, and costs no UNet row. The paper's visual feedback is not here: a policy can detect.
/// </summary>
[ProtectionMethod(MethodName, Alias = "subtraction")]
public sealed record TextSubtraction : TextErasure, IFromWords<TextSubtraction>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "text-subtraction";

    /// <summary>Below this value the gate is exactly 0, and the picture that without the erasure, to the bit.</summary>
    public const float LeastGate = 0.01f;

    /// <summary>Below it the report says that little was subtracted.</summary>
    private const float HalfOpen = 0.5f;

    /// <summary>γ's default, as a part of the way from one text's cosine to the other's; found on other concepts than those that it was measured with.</summary>
    private const float WidthsBetween = 40;

    /// <summary>The concepts, as texts; at least one.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public IReadOnlyList<string> Concepts { get; init; } = [];

    /// <summary>What is put in the concept's place, as a text; null, the default, for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Text)]
    public string? Instead { get; init; }

    /// <summary>
    /// β, the cosine at which the gate is half open, -1 to 1; null, the default, for half way between those of the two texts of Δ
    /// themselves, so that the concept's own text opens it on every model.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange("""{ "minimum": -1, "maximum": 1 }""")]
    public float? Threshold { get; init; }

    /// <summary>γ, the cosine's difference over which the gate opens, above 0; null, the default, for a fortieth of the way between those of the two texts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Positive)]
    public float? Width { get; init; }

    /// <inheritdoc/>
    public override string Describe() =>
        $"text subtraction of {string.Join(", ", Concepts.Select(concept => $"\"{concept}\""))}{(Instead is null ? "" : $" towards \"{Instead}\"")} (threshold {(Threshold is null ? "from the texts" : Threshold)}, width {(Width is null ? "from the texts" : Width)})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireItems(Concepts, nameof(Concepts), static (_, _) => { });
        foreach ((int index, string concept) in Concepts.Index()) check.RequireText(concept, $"{nameof(Concepts)}[{index}]");
        if (Instead is not null) check.RequireText(Instead, nameof(Instead));
        check.Require(!Concepts.Contains(Instead), nameof(Instead), "must not be a concept: there would be nothing to subtract.");
        if (Threshold is { } threshold) check.RequireRange(threshold, -1, 1, nameof(Threshold));
        if (Width is { } width) check.RequirePositive(width, nameof(Width));
    }

    /// <inheritdoc/>
    public override ErasedText Erase(TextStates text, Func<string, TextStates> encode)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(encode);
        TextStates origin = encode(Instead ?? "");
        (string Concept, float Gate, string Told)[] gates = [.. Concepts.Select(concept => Gate(text, concept, origin, encode))];
        (_, float largest, string told) = gates.MaxBy(gate => gate.Gate);
        if (largest < LeastGate) return new ErasedText(text, 0, 0, largest, $"the gate stayed closed: {told}");
        string joined = string.Join(", ", gates.Where(gate => gate.Gate >= LeastGate).Select(gate => gate.Concept));
        float[] erased = new float[text.Values.Length];
        TensorPrimitives.MultiplyAdd(Direction(joined, origin, encode), -largest, text.Values, erased);
        ErasedText result = ErasedText.Of(text, erased, "the concept reads as what is put in its place") with { Gate = largest };
        return largest < HalfOpen && result.Reason is null ? result with { Reason = $"the gate opened by {largest:0.##} only: {told}" } : result;
    }

    private (string Concept, float Gate, string Told) Gate(TextStates text, string concept, TextStates origin, Func<string, TextStates> encode)
    {
        float[] direction = Direction(concept, origin, encode);
        (float high, float low) = (Cosine(encode(concept), direction), Cosine(origin, direction));
        if (!(high > low) && (Threshold is null || Width is null)) throw new InvalidRequestException("policy", $"would subtract \"{concept}\", whose text is no nearer to what is subtracted than what is put in its place. Set threshold and width.");
        float threshold = Threshold ?? (high + low) / 2;
        float cosine = Cosine(text, direction);
        float gate = 1 / (1 + MathF.Exp((threshold - cosine) / (Width ?? (high - low) / WidthsBetween)));
        return (concept, gate, $"the cosine with \"{concept}\" is {cosine:0.###}, and the gate is half open at {threshold:0.###}; that of the concept's own text is {high:0.###}");
    }

    private static float Cosine(TextStates text, float[] direction) => TensorPrimitives.CosineSimilarity(text.Values, direction);

    /// <summary>Δ, <c>[N, D]</c>.</summary>
    private static float[] Direction(string concept, TextStates origin, Func<string, TextStates> encode)
    {
        float[] direction = encode(concept).Values.ToArray();
        TensorPrimitives.Subtract(direction, origin.Values, direction);
        if (TensorPrimitives.Norm<float>(direction) == 0) throw new InvalidRequestException("policy", $"would subtract \"{concept}\", which this model reads as what is put in its place. Name it otherwise.");
        return direction;
    }

    static ProtectionWord IFromWords<TextSubtraction>.Takes => ProtectionWord.Concept | ProtectionWord.Instead;

    static TextSubtraction IFromWords<TextSubtraction>.FromWords(ProtectionWords words) => new()
    {
        Concepts = [words.RequireConcept("text-subtraction must know what to subtract.")],
        Instead = words.Instead,
    };
}
