using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>
/// Text erasure by one matrix, the form of TRCE's first stage (arXiv:2503.07389) and of UCE: every token's state <c>e</c> of the prompt
/// becomes <c>P e</c> before the UNet reads it. Costs no UNet row. This version applies a given matrix to all tokens, without a gate.
/// </summary>
[ProtectionMethod(MethodName)]
public sealed record LinearTextErasure : TextErasure, IFromWords<LinearTextErasure>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "text-erasure";

    /// <summary>P; in JSON the path of its file, relative to the policy's.</summary>
    [JsonRequired]
    public required ErasureProjection Projection { get; init; }

    /// <summary>Whether a projection learned with another model is used nevertheless; false by default.</summary>
    public bool AllowOtherModel { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new() { Assets = [new(Projection, AllowOtherModel)] };

    /// <inheritdoc/>
    public override string Describe() => $"text erasure of \"{Projection.Identity.Concept}\" (projection {Projection.Hash[..12]})";

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Projection is not null, nameof(Projection), "is missing: name an erasure projection's file.");
    }

    /// <inheritdoc/>
    public override ErasedText Erase(TextStates text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int width = Projection.TextWidth;
        if (text.Width != width) throw new InvalidRequestException("policy", $"has an erasure projection of width {width}; this model's text states are {text.Width} wide.");
        float[] erased = new float[text.Values.Length];
        int changed = 0;
        for (int token = 0; token < text.Tokens; token++)
        {
            ReadOnlySpan<float> state = text.Values.Slice(token * width, width);
            Span<float> target = erased.AsSpan(token * width, width);
            for (int i = 0; i < width; i++) target[i] = TensorPrimitives.Dot(Projection.Matrix.Slice(i * width, width), state);
            if (!state.SequenceEqual(target)) changed++;
        }
        if (changed == 0) return new ErasedText(text, 0, 0, Reason: "the projection leaves this text as it is");
        float change = TensorPrimitives.Distance(text.Values, erased) / TensorPrimitives.Norm(text.Values);
        return new ErasedText(new TextStates(text.Text, erased, text.Tokens, text.Width), changed, change);
    }

    static ProtectionWord IFromWords<LinearTextErasure>.Takes => ProtectionWord.Asset;

    static LinearTextErasure IFromWords<LinearTextErasure>.FromWords(ProtectionWords words) => new()
    {
        Projection = ErasureProjection.Load(words.RequireAsset("text-erasure multiplies by a projection.")),
    };
}
