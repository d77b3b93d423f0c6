using System.Text.Json.Serialization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Methods.LinearErasure;

/// <summary>
/// Text erasure by a learned map: every token's state <c>e</c> of the prompt becomes <c>P e</c>, the form of TRCE's first stage
/// (arXiv:2503.07389) and of UCE, or <c>e + f(e)</c> with a kernel map, before the UNet reads it. Where the asset has a gate, only from the
/// first token on that opens it; where none does, the picture is that without it, to the bit. A prompt that says one of the asset's names in
/// other order, with words between or in the plural is read with the name as it was learned. Costs no UNet row.
/// </summary>
[ProtectionMethod(MethodName)]
public sealed record LinearTextErasure : TextErasure, IFromWords<LinearTextErasure>
{
    /// <summary>The method's name in JSON.</summary>
    public const string MethodName = "text-erasure";

    /// <summary>The erasure; in JSON the path of its file, relative to the policy's.</summary>
    [JsonRequired]
    public required ErasureProjection Projection { get; init; }

    /// <summary>Whether a projection learned with another model is used nevertheless; false by default.</summary>
    public bool AllowOtherModel { get; init; }

    /// <summary>
    /// Whether a name that the prompt says is replaced by what it becomes, and the map left what no name says; false by default, where the
    /// map does all. Then the picture is that of the other prompt, exactly. Needs an asset that holds its names.
    /// </summary>
    public bool ReplaceNames { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override Requirements Requirements => new() { Assets = [new(Projection, AllowOtherModel)] };

    /// <inheritdoc/>
    public override string Describe() =>
        $"text erasure of \"{Projection.Identity.Concept}\" ({(Projection.Form == ErasureForm.Linear ? "linear" : "kernel")}{(Projection.IsGated ? ", gated" : "")}{(ReplaceNames ? ", names replaced" : "")}; projection {Projection.Hash[..12]})";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool MapsNullCondition => Projection.MapsNullCondition;

    /// <inheritdoc/>
    public override void Validate(FieldCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Projection is not null, nameof(Projection), "is missing: name an erasure projection's file.");
        if (Projection is null || !ReplaceNames) return;
        check.Require(Projection.Names.Length > 0, nameof(ReplaceNames), "needs an erasure that holds the names it was learned from, and this one holds none. Learn it again (safediffusion learn erasure), with the method 'kernel'.");
        string? again = Projection.Names.Select(name => name.Becomes).FirstOrDefault(becomes => Projection.Names.Any(name => SpelledConcept.Says(becomes, name.Name)));
        check.Require(again is null, nameof(ReplaceNames), $"would put \"{again}\" in a name's place, which says a name itself. Learn an erasure that becomes something else.");
    }

    /// <inheritdoc/>
    public override TextRewording? Reword(TokenizedText text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Projection.Names.IsEmpty) return null;
        if (!ReplaceNames) return new SpelledConcept(Projection.Names.Select(name => name.Name)).Plainly(text) is { } plain ? new(plain, Erases: false) : null;
        return Projection.Names.GroupBy(name => name.Becomes)
            .Select(names => new SpelledConcept(names.Select(name => name.Name)).Replace(text, new InsteadPhrase(Phrase.WithArticle(names.Key)), "the prompt says a name"))
            .OfType<TextReplacement>().Select(replacement => new TextRewording(replacement.Text, Erases: true)).FirstOrDefault();
    }

    /// <inheritdoc/>
    public override ErasedText Erase(TextStates text, Func<string, TextStates> encode)
    {
        ArgumentNullException.ThrowIfNull(text);
        int width = Projection.TextWidth;
        if (text.Width != width) throw new InvalidRequestException("policy", $"has an erasure projection of width {width}; this model's text states are {text.Width} wide.");
        GateReading? gate = Projection.Gate?.Read(text);
        if (gate is { IsOpen: false }) return new ErasedText(text, 0, 0, gate.Value.Largest, $"the gate stayed closed: its largest value is {gate.Value.Largest:0.####}, and it opens at {Projection.Gate!.Threshold:0.####}");
        float[] erased = text.Values.ToArray();
        for (int token = gate?.Open[0] ?? 0; token < text.Tokens; token++) Projection.Map(text.Token(token), erased.AsSpan(token * width, width));
        ErasedText result = ErasedText.Of(text, erased, "the erasure leaves this text as it is");
        return gate is null ? result : result with { Gate = gate.Value.Largest, OpenedBy = gate.Value.Open };
    }

    static ProtectionWord IFromWords<LinearTextErasure>.Takes => ProtectionWord.Asset;

    static LinearTextErasure IFromWords<LinearTextErasure>.FromWords(ProtectionWords words) => new()
    {
        Projection = ErasureProjection.Load(words.RequireAsset("text-erasure multiplies by a projection.")),
    };
}
