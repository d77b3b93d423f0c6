using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;

namespace SafeDiffusion.Training.Learning;

/// <summary>Deals pictures with the concept and pictures without it to learning, checking and measuring, in the same shares.</summary>
internal static class Splitting
{
    /// <exception cref="InvalidRequestException">There are too few pictures with the concept or without it.</exception>
    public static PictureSplit Deal(LearningSet set, double heldOut, long seed)
    {
        TorchRandom random = new(seed);
        int[] shown = [.. Enumerable.Range(0, set.Pictures).Where(set.ShowsConcept)];
        int[] harmless = [.. Enumerable.Range(0, set.Pictures).Except(shown)];
        if (shown.Length == 0) throw new InvalidRequestException("pictures", "show the concept in none of them: no mask covers half a cell of the latent grid. Check the prompts, the masks and the annotator.");
        if (shown.Length < 3) throw new InvalidRequestException("pictures", $"show the concept in {shown.Length} of them only; at least 3 are needed: to learn from, to know when to stop, and to measure on.");
        if (harmless.Length < 3) throw new InvalidRequestException("pictures", $"without the concept are {harmless.Length}; at least 3 are needed. Without them everything would be taken for it.");
        (List<int> learned, List<int> watched, List<int> measured) = ([], [], []);
        foreach (int[] group in new[] { shown, harmless })
        {
            Shuffle(group, random);
            int each = Math.Max(1, (int)(heldOut * group.Length));
            measured.AddRange(group[..each]);
            watched.AddRange(group[each..(2 * each)]);
            learned.AddRange(group[(2 * each)..]);
        }
        return new PictureSplit([.. learned.Order()], [.. watched.Order()], [.. measured.Order()]);
    }

    /// <summary>Fisher and Yates' shuffle.</summary>
    public static void Shuffle(int[] values, TorchRandom random)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int other = (int)(random.NextUInt32() % (uint)(i + 1));
            (values[i], values[other]) = (values[other], values[i]);
        }
    }
}
