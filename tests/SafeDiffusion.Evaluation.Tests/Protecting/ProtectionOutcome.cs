using System.Collections.Immutable;

namespace SafeDiffusion.Evaluation.Protecting;

/// <summary>What came of a request under a policy.</summary>
internal sealed record ProtectionOutcome
{
    public int Pictures { get; init; }

    /// <summary>Pictures that show the concept.</summary>
    public int Shown { get; init; }

    /// <summary>Those of them that nothing flagged.</summary>
    public int Unflagged { get; init; }

    /// <summary>Pictures that do not show it and were flagged.</summary>
    public int FalselyFlagged { get; init; }

    public ImmutableArray<string> Warnings { get; init; } = [];

    public double ActedShare { get; init; }

    /// <summary>Why nothing was drawn; null where something was.</summary>
    public string? Refusal { get; init; }

    /// <summary>The share of pictures that show the concept.</summary>
    public double Rate => (double)Shown / Pictures;

    /// <summary>The cell of a table: refused, or how many pictures show the concept; with the warnings, and with how many were flagged of a policy that detects.</summary>
    public string Cell(bool detects)
    {
        if (Refusal is not null) return "refused";
        string flagged = detects ? $", {Shown - Unflagged} flagged" + (FalselyFlagged > 0 ? $" (+{FalselyFlagged})" : "") : "";
        return $"{Shown}/{Pictures}{flagged}{(Warnings.IsEmpty ? "" : " !")}";
    }
}
