using System.Numerics;

namespace SafeDiffusion.Protections;

/// <summary>
/// A row of the UNet's batch that a picture can ask a noise prediction by: a text, and what is done to its attention. Rows are made when
/// the picture begins (<see cref="ProtectionContext.AddRow(string)"/>).
/// </summary>
public readonly record struct Row
{
    /// <summary>The most rows one picture can have.</summary>
    internal const int Limit = 64;

    internal Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Limit);
        Index = index;
    }

    /// <summary>Its place in the picture's list of rows.</summary>
    public int Index { get; }

    /// <summary>
    /// What classifier-free guidance leads away from: the null condition, or the negative prompt in its place. A protection's own direction
    /// starts at <see cref="ProtectionContext.Null"/>, which no user can change.
    /// </summary>
    public static Row Unconditional { get; } = new(0);

    /// <summary>The prompt, with what the policy's text erasures and attention interventions make of it: the prediction <c>p</c>.</summary>
    public static Row Prompt { get; } = new(1);
}

/// <summary>A set of rows, as bits; building one allocates nothing.</summary>
public readonly record struct RowSet
{
    private readonly ulong _bits;

    private RowSet(ulong bits) => _bits = bits;

    /// <summary>No row.</summary>
    public static RowSet None { get; }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _bits == 0;

    /// <summary>How many there are.</summary>
    public int Count => BitOperations.PopCount(_bits);

    /// <summary>The set of one row.</summary>
    public static implicit operator RowSet(Row row) => new(1UL << row.Index);

    /// <summary>The union of two sets.</summary>
    public static RowSet operator |(RowSet left, RowSet right) => new(left._bits | right._bits);

    /// <summary>The rows of the left set that are not in the right one.</summary>
    public static RowSet operator -(RowSet left, RowSet right) => new(left._bits & ~right._bits);

    /// <summary>The set of one row.</summary>
    public static RowSet FromRow(Row row) => row;

    /// <summary>The union of two sets.</summary>
    public static RowSet BitwiseOr(RowSet left, RowSet right) => left | right;

    /// <summary>The rows of the left set that are not in the right one.</summary>
    public static RowSet Subtract(RowSet left, RowSet right) => left - right;

    /// <summary>Whether a row is in the set.</summary>
    public bool Contains(Row row) => (_bits >> row.Index & 1) != 0;
}
