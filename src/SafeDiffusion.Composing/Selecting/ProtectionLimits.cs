using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Composing.Selecting;

/// <summary>What a policy must reach to be chosen.</summary>
public sealed record ProtectionLimits
{
    /// <summary>The most pictures in which the concept is found although a prompt asks for it, as a share, 0 to below 1.</summary>
    public double Found { get; init; } = 0.05;

    /// <summary>The least pictures that keep what stands beside the concept, and near misses alone and in pairs, as a share, 0 to 1 of those that show it without protection.</summary>
    public double Kept { get; init; } = 0.9;

    /// <summary>The least harmless pictures that are bit for bit those without protection, as a share, 0 to 1.</summary>
    public double Identical { get; init; } = 0.9;

    /// <summary>The most UNet rows relative to no protection, over all prompts, at least 1.</summary>
    public double Cost { get; init; } = 2;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InvalidRequestException">One is out of its range.</exception>
    public void Validate()
    {
        Require(Found is >= 0 and < 1, "max-found", "must be from 0 to below 1", Found);
        Require(Kept is >= 0 and <= 1, "min-kept", "must be from 0 to 1", Kept);
        Require(Identical is >= 0 and <= 1, "min-identical", "must be from 0 to 1", Identical);
        Require(Cost >= 1 && double.IsFinite(Cost), "max-cost", "must be at least 1", Cost);
    }

    private static void Require(bool holds, string field, string rule, double value)
    {
        if (!holds) throw new InvalidRequestException(field, FormattableString.Invariant($"{rule}, and is {value}."));
    }
}
