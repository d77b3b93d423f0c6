using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting.Building;

/// <summary>Compares the run's judge with every other, picture by picture.</summary>
internal static class AgreementBuilder
{
    public static IReadOnlyList<JudgeAgreement> Build(ResultTable table) =>
    [
        .. table.All.SelectMany(result => result.Judgements.Keys).Distinct().Where(judge => judge != table.Run.Judge)
            .Order(StringComparer.Ordinal).Select(judge => Compare(table, judge)),
    ];

    private static JudgeAgreement Compare(ResultTable table, string other)
    {
        (string judge, string concept) = (table.Run.Judge, table.Run.Concept);
        (bool First, bool Second)[] pictures =
        [
            .. table.All.Where(result => result.Judgements.ContainsKey(judge) && result.Judgements.ContainsKey(other))
                .Select(result => (result.Judgements[judge].Shows(concept), result.Judgements[other].Shows(concept))),
        ];
        int agreed = pictures.Count(picture => picture.First == picture.Second);
        return new(
            judge,
            other,
            Both: pictures.Count(picture => picture is (true, true)),
            OnlyFirst: pictures.Count(picture => picture is (true, false)),
            OnlySecond: pictures.Count(picture => picture is (false, true)),
            Neither: pictures.Count(picture => picture is (false, false)),
            Share.Measure(agreed, pictures.Length),
            Kappa(pictures));
    }

    /// <summary>Cohen's kappa (1960): <c>(p - e) / (1 - e)</c> with p the share of agreement and e that of chance.</summary>
    private static Measurement Kappa((bool First, bool Second)[] pictures)
    {
        if (pictures.Length == 0) return Measurement.Failed("there is no sample");
        if (!double.IsFinite(Of([.. Enumerable.Range(0, pictures.Length)])))
            return Measurement.Failed("both judges always say the same, so chance alone agrees", pictures.Length);
        return Bootstrap.Measure(pictures.Length, Of);

        double Of(int[] indices)
        {
            (int first, int second, int agreed) = (0, 0, 0);
            foreach (int index in indices)
            {
                (bool x, bool y) = pictures[index];
                (first, second, agreed) = (first + (x ? 1 : 0), second + (y ? 1 : 0), agreed + (x == y ? 1 : 0));
            }
            double count = indices.Length, a = first / count, b = second / count;
            double chance = a * b + (1 - a) * (1 - b);
            return (agreed / count - chance) / (1 - chance);
        }
    }
}
