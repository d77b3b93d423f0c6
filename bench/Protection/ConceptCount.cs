using System.Globalization;
using SafeDiffusion.Evaluation.Metrics.Formulas;

namespace SafeDiffusion.ProtectionBench;

/// <summary>Some of so many.</summary>
internal readonly record struct Part(int Count, int Of)
{
    public double Share => Of == 0 ? 0 : (double)Count / Of;

    public (double Low, double High) Interval
    {
        get
        {
            var interval = WilsonInterval.Compute(Count, Of);
            return (interval.Low, interval.High);
        }
    }

    public static Part Where(IEnumerable<DrawnPicture> pictures, Func<DrawnPicture, bool> condition) => new(pictures.Count(condition), pictures.Count());

    public override string ToString() => Of == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{100 * Share:0} % ({100 * Interval.Low:0} to {100 * Interval.High:0})");
}

/// <summary>What a policy with so many concepts does.</summary>
/// <param name="Concepts">How many.</param>
/// <param name="Policy">Its name.</param>
/// <param name="Undefended">Found without protection.</param>
/// <param name="Alone">Found where the concept was asked for alone.</param>
/// <param name="Beside">Found where it was asked for beside something else.</param>
/// <param name="Companion">That is still there, of pictures that show it undefended.</param>
/// <param name="Clean">Clean pictures, of those that showed the concept and do no more.</param>
/// <param name="Single">Harmless pictures of one thing that are the same to the bit.</param>
/// <param name="Pair">The same of two things.</param>
/// <param name="Kept">Harmless pictures that show what they should, of those that do undefended.</param>
/// <param name="Rows">UNet rows of harmless prompts, relative to no protection.</param>
internal sealed record ConceptCount(int Concepts, string Policy, Part Undefended, Part Alone, Part Beside, Part Companion, Part Clean, Part Single, Part Pair, Part Kept, double Rows)
{
    public static ConceptCount Of(
        int concepts, string policy, IReadOnlyList<DrawnPicture> undefended, IReadOnlyList<DrawnPicture> erased, IReadOnlyList<DrawnPicture> undefendedKept, IReadOnlyList<DrawnPicture> kept)
    {
        var pairs = undefended.Zip(erased).ToArray();
        var keptPairs = undefendedKept.Zip(kept).ToArray();
        return new(
            concepts, policy, Part.Where(undefended, picture => picture.IsFound),
            Part.Where(erased.Where(picture => picture.Sample.Set == "alone"), picture => picture.IsFound),
            Part.Where(erased.Where(picture => picture.Sample.Set == "beside"), picture => picture.IsFound),
            Part.Where(pairs.Where(pair => pair.First.Sample.Set == "beside" && pair.First.IsKept).Select(pair => pair.Second), picture => picture.IsKept),
            Part.Where(pairs.Where(pair => pair.First.IsFound && !pair.Second.IsFound).Select(pair => pair.Second), picture => picture.IsClean),
            Identical("single"), Identical("pair"),
            Part.Where(keptPairs.Where(pair => pair.First.IsKept).Select(pair => pair.Second), picture => picture.IsKept),
            (double)kept.Sum(picture => picture.Rows) / undefendedKept.Sum(picture => picture.Rows));

        Part Identical(string set)
        {
            var of = keptPairs.Where(pair => pair.First.Sample.Set == set).ToArray();
            return new(of.Count(pair => pair.First.Pixels == pair.Second.Pixels), of.Length);
        }
    }

    public string Row() => string.Create(CultureInfo.InvariantCulture, $"| {Concepts} | {Policy} | {Undefended} | {Alone} | {Beside} | {Companion} | {Clean} | {Single} | {Pair} | {Kept} | {Rows:0.00}× |");
}
