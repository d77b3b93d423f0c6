using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Evaluation.Runs.Planning;

/// <summary>What is drawn together: pictures of one policy, so that its time can be measured.</summary>
/// <param name="Pictures">The results that each picture is for; several where equal pictures are asked for under several names.</param>
internal sealed record PictureBatch(IReadOnlyList<IReadOnlyList<PlannedPicture>> Pictures)
{
    /// <summary>The policy of all of them.</summary>
    public SuitePolicy Policy => Pictures[0][0].Policy;

    /// <summary>What all of them start from, as far as it is alike; null for noise.</summary>
    public StartPictures? Start => Pictures[0][0].Set.Start;
}

/// <summary>Puts what is missing into batches.</summary>
internal static class RunSchedule
{
    /// <summary>
    /// Batches of one policy each, the policies by turns, so that a busy moment of the machine falls on all of them alike; the seeds
    /// in their order over all sets, so that figures of a run under way are of all sets. Pictures of different strengths take different steps.
    /// </summary>
    public static IReadOnlyList<PictureBatch> Create(IEnumerable<PlannedPicture> missing, int batchSize)
    {
        IReadOnlyList<PlannedPicture>[] pictures = [.. missing.GroupBy(picture => picture.Key).Select(group => group.ToArray())];
        PictureBatch[][] policies =
        [
            .. pictures.GroupBy(picture => (picture[0].Policy.Name, picture[0].Set.Start?.Strength))
                .Select(policy => policy.OrderBy(picture => picture[0].Index).Chunk(batchSize).Select(chunk => new PictureBatch(chunk)).ToArray()),
        ];
        int rounds = policies.Length == 0 ? 0 : policies.Max(batches => batches.Length);
        return [.. Enumerable.Range(0, rounds).SelectMany(round => policies.Where(batches => round < batches.Length).Select(batches => batches[round]))];
    }
}
