namespace SafeDiffusion.Protections;

/// <summary>
/// A text that the UNet can be asked for a noise prediction under, within one picture's generation.
/// </summary>
/// <param name="Index">Its place in the picture's list of conditions.</param>
public readonly record struct Condition(int Index)
{
    /// <summary>The most conditions one picture can have.</summary>
    internal const int Limit = 64;

    /// <summary>The null condition, or the negative prompt in its place: the prediction <c>u</c>.</summary>
    public static Condition Unconditional { get; } = new(0);

    /// <summary>The prompt: the prediction <c>p</c>.</summary>
    public static Condition Prompt { get; } = new(1);
}

/// <summary>A set of conditions, as bits; building one allocates nothing.</summary>
public readonly record struct ConditionSet
{
    private readonly ulong _bits;

    private ConditionSet(ulong bits) => _bits = bits;

    /// <summary>No condition.</summary>
    public static ConditionSet None { get; }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _bits == 0;

    /// <summary>How many there are.</summary>
    public int Count => System.Numerics.BitOperations.PopCount(_bits);

    /// <summary>The set of one condition.</summary>
    public static implicit operator ConditionSet(Condition condition) => new(1UL << condition.Index);

    /// <summary>The union of two sets.</summary>
    public static ConditionSet operator |(ConditionSet left, ConditionSet right) => new(left._bits | right._bits);

    /// <summary>The conditions of the left set that are not in the right one.</summary>
    public static ConditionSet operator -(ConditionSet left, ConditionSet right) => new(left._bits & ~right._bits);

    /// <summary>The set of one condition.</summary>
    public static ConditionSet FromCondition(Condition condition) => condition;

    /// <summary>The union of two sets.</summary>
    public static ConditionSet BitwiseOr(ConditionSet left, ConditionSet right) => left | right;

    /// <summary>The conditions of the left set that are not in the right one.</summary>
    public static ConditionSet Subtract(ConditionSet left, ConditionSet right) => left - right;

    /// <summary>Whether a condition is in the set.</summary>
    public bool Contains(Condition condition) => (_bits >> condition.Index & 1) != 0;
}
