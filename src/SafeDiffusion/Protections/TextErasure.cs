using System.Numerics.Tensors;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Protections;

/// <summary>
/// A protection that maps text states before the UNet reads them: the prompt's, and where it says so the null condition's; never the texts
/// of other protections. What it gives is this generation's own and kept nowhere.
/// </summary>
public abstract record TextErasure : Protection
{
    /// <summary>Whether the text in the null condition's place is mapped as well; false by default.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public virtual bool MapsNullCondition => false;

    /// <summary>
    /// Another wording to read a text in; null, the default, to read it as it is. Asked again with what it gave, and of every erasure of a
    /// policy before any of them erases.
    /// </summary>
    /// <param name="text">The text.</param>
    public virtual TextRewording? Reword(TokenizedText text) => null;

    /// <summary>Maps text states.</summary>
    /// <param name="text">The states, <c>[N, D]</c>, with the tokens that they stand for; as the erasures before this one in the policy have left them.</param>
    /// <param name="encode">Gives a text of the erasure's own as the text encoder does, special tokens read as ordinary text; each text is encoded once.</param>
    /// <returns>The states to use, <paramref name="text"/> itself where nothing is erased, and what was done.</returns>
    /// <exception cref="Core.Errors.InvalidRequestException">The erasure does not fit the model.</exception>
    public abstract ErasedText Erase(TextStates text, Func<string, TextStates> encode);

    private protected sealed override ProtectionKind Kind() => ProtectionKind.TextErasure;
}

/// <summary>What a text is read as before it is erased.</summary>
/// <param name="Text">The wording.</param>
/// <param name="Erases">Whether it says something else, and so erases by itself; false for one that says the same, which counts only where an erasure acts on it.</param>
public sealed record TextRewording(string Text, bool Erases);

/// <summary>Text states after an erasure.</summary>
/// <param name="States">The states, <c>[N, D]</c>.</param>
/// <param name="Tokens">How many token positions were changed.</param>
/// <param name="Change">The Euclidean norm of the change, relative to that of the states; 0 where nothing was changed.</param>
/// <param name="Gate">The largest value of the erasure's gate, 0 to 1, also where that does not open it; null for one without a gate.</param>
/// <param name="Reason">Why nothing or little was erased, for the report; null where it acted in full.</param>
public sealed record ErasedText(TextStates States, int Tokens, float Change, float? Gate = null, string? Reason = null)
{
    /// <summary>The positions of the tokens that opened the gate, in order; empty where it stayed closed, is of the whole text, or there is none.</summary>
    public IReadOnlyList<int> OpenedBy { get; init; } = [];

    /// <summary>Makes it of states that may be changed: of those as they were where none is.</summary>
    /// <param name="before">The states before.</param>
    /// <param name="values">The states after, <c>[N, D]</c>.</param>
    /// <param name="unchanged">Why, where nothing was changed.</param>
    public static ErasedText Of(TextStates before, float[] values, string unchanged)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(values);
        int changed = Enumerable.Range(0, before.Tokens).Count(token => !before.Token(token).SequenceEqual(values.AsSpan(token * before.Width, before.Width)));
        if (changed == 0) return new ErasedText(before, 0, 0, Reason: unchanged);
        float change = TensorPrimitives.Distance(before.Values, values) / TensorPrimitives.Norm(before.Values);
        return new ErasedText(new TextStates(before.Text, values, before.Tokens, before.Width), changed, change);
    }
}
