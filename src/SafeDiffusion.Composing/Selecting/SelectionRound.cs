namespace SafeDiffusion.Composing.Selecting;

/// <summary>A round of choosing: so many candidates on so many pictures of a set. All candidates begin on few, and the better ones go on to more.</summary>
/// <param name="Candidates">The most candidates that take part.</param>
/// <param name="Pictures">Pictures of a set, those of earlier rounds among them.</param>
internal readonly record struct SelectionRound(int Candidates, int Pictures)
{
    private const int Fewest = 4;
    private const int Finalists = 3;

    /// <summary>Three rounds, each with twice the pictures of the one before and less than half of its candidates; fewer where there is little to choose.</summary>
    /// <param name="candidates">How many there are.</param>
    /// <param name="pictures">Pictures of a set in the last round.</param>
    public static IReadOnlyList<SelectionRound> Plan(int candidates, int pictures)
    {
        SelectionRound[] rounds =
        [
            new(candidates, Math.Min(pictures, Math.Max(Fewest, pictures / 4))),
            new(Math.Max(Finalists, candidates * 2 / 5), Math.Min(pictures, Math.Max(Fewest, pictures / 2))),
            new(Finalists, pictures),
        ];
        return candidates <= Finalists ? [new(candidates, pictures)] : [.. rounds.DistinctBy(round => round.Pictures)];
    }
}
