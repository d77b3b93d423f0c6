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

    /// <summary>The concepts, as texts; at least one.</summary>
    [JsonRequired]
    [JsonRange(JsonRanges.SomeItems)]
    public IReadOnlyList<string> Concepts { get; init; } = [];

    /// <summary>What is put in the concept's place, as a text; null, the default, for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonRange(JsonRanges.Text)]
    public string? Instead { get; init; }

    /// <summary>β, the cosine at which the gate is half open, -1 to 1. What it must be depends on the model.</summary>
    [JsonRange("""{ "minimum": -1, "maximum": 1 }""")]
    public float Threshold { get; init; } = 0.2f;

    /// <summary>γ, the cosine's difference over which the gate opens, above 0; 0.02 by default.</summary>
    [JsonRange(JsonRanges.Positive)]
    public float Width { get; init; } = 0.02f;

    /// <inheritdoc/>
    public override string Describe() =>
        $"text subtraction of {string.Join(", ", Concepts.Select(concept => $"\"{concept}\""))}{(Instead is null ? "" : $" towards \"{Instead}\"")} (threshold {Threshold}, width {Width})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.RequireItems(Concepts, nameof(Concepts), static (_, _) => { });
        foreach ((int index, string concept) in Concepts.Index()) check.RequireText(concept, $"{nameof(Concepts)}[{index}]");
        if (Instead is not null) check.RequireText(Instead, nameof(Instead));
        check.Require(!Concepts.Contains(Instead), nameof(Instead), "must not be a concept: there would be nothing to subtract.");
        check.RequireRange(Threshold, -1, 1, nameof(Threshold));
        check.RequirePositive(Width, nameof(Width));
    }

    /// <inheritdoc/>
    public override ErasedText Erase(TextStates text, Func<string, TextStates> encode)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(encode);
        TextStates origin = encode(Instead ?? "");
        (string Concept, float Gate)[] gates = [.. Concepts.Select(concept => (concept, Gate(text, Direction(concept, origin, encode))))];
        float largest = gates.Max(gate => gate.Gate);
        if (largest < LeastGate) return new ErasedText(text, 0, 0, largest, $"the gate stayed closed: its largest value is {largest:0.####}, and below {LeastGate} it is 0");
        string joined = string.Join(", ", gates.Where(gate => gate.Gate >= LeastGate).Select(gate => gate.Concept));
        float[] erased = new float[text.Values.Length];
        TensorPrimitives.MultiplyAdd(Direction(joined, origin, encode), -largest, text.Values, erased);
        return ErasedText.Of(text, erased, "the concept reads as what is put in its place") with { Gate = largest };
    }

    private float Gate(TextStates text, float[] direction) =>
        1 / (1 + MathF.Exp((Threshold - TensorPrimitives.CosineSimilarity(text.Values, direction)) / Width));

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
