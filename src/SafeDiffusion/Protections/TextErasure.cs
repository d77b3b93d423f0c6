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

    /// <summary>Maps text states.</summary>
    /// <param name="text">The states, <c>[N, D]</c>, with the tokens that they stand for; as the erasures before this one in the policy have left them.</param>
    /// <returns>The states to use, <paramref name="text"/> itself where nothing is erased, and what was done.</returns>
    /// <exception cref="Core.Errors.InvalidRequestException">The erasure does not fit the model.</exception>
    public abstract ErasedText Erase(TextStates text);

    private protected sealed override ProtectionKind Kind() => ProtectionKind.TextErasure;
}

/// <summary>Text states after an erasure.</summary>
/// <param name="States">The states, <c>[N, D]</c>.</param>
/// <param name="Tokens">How many token positions were changed.</param>
/// <param name="Change">The Euclidean norm of the change, relative to that of the states; 0 where nothing was changed.</param>
/// <param name="Gate">How far the erasure's gate was open, 0 to 1; null for one without a gate.</param>
/// <param name="Reason">Why nothing was erased, for the report; null where something was.</param>
public sealed record ErasedText(TextStates States, int Tokens, float Change, float? Gate = null, string? Reason = null);
