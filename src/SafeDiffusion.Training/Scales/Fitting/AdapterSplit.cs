using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Training.Learning;

namespace SafeDiffusion.Training.Scales.Fitting;

/// <summary>Holds out prompts with all of their pictures, of those that hold a concept and those that do not the same share.</summary>
internal static class AdapterSplit
{
    /// <exception cref="InvalidRequestException">Too few prompts, or no scale above 0, are left to learn from or to measure on.</exception>
    public static (ScaleSample[] Learned, ScaleSample[] HeldOut) Deal(IReadOnlyList<ScaleSample> samples, double heldOut, long seed)
    {
        TorchRandom random = new(seed);
        HashSet<int> measured = [];
        foreach (bool isHarmless in new[] { false, true })
        {
            int[] prompts = [.. samples.Where(sample => sample.IsHarmless == isHarmless).Select(sample => sample.Prompt).Distinct()];
            if (prompts.Length < 2) throw new InvalidRequestException("prompts", $"{(isHarmless ? "without" : "with")} a concept are {prompts.Length} whose scale is known; at least 2 are needed: to learn from, and to measure on.");
            Splitting.Shuffle(prompts, random);
            measured.UnionWith(prompts[..Math.Max(1, (int)(heldOut * prompts.Length))]);
        }
        ScaleSample[] learned = [.. samples.Where(sample => !measured.Contains(sample.Prompt))];
        if (learned.All(sample => sample.Scale == 0)) throw new InvalidRequestException("scales", "are 0 for every picture that is learned from: such an adapter would protect nothing. Check the prompts and what judges them.");
        return (learned, [.. samples.Where(sample => measured.Contains(sample.Prompt))]);
    }
}
