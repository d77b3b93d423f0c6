using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Metrics;

/// <summary>
/// What a report measures; docs/evaluation-metrics.md defines each. A metric is one entry of <see cref="All"/>: suites, tables, files and
/// comparisons ask it, and know none by name but where they tell of a particular one.
/// </summary>
public sealed partial class Metric
{
    private readonly Func<MetricPictures, Measurement> _measure;

    private Metric(string name, string title, MetricScale scale, BetterValue better, FigureForm form, Func<MetricPictures, Measurement> measure)
    {
        (Name, Title, Scale, Better, Form) = (name, title, scale, better, form);
        _measure = measure;
    }

    /// <summary>Its name in suites and reports.</summary>
    public string Name { get; }

    /// <summary>Its name for people.</summary>
    public string Title { get; }

    /// <summary>What its values are.</summary>
    public MetricScale Scale { get; }

    /// <summary>Which values are better.</summary>
    public BetterValue Better { get; }

    /// <summary>How its values are written.</summary>
    public FigureForm Form { get; }

    /// <summary>The kinds of sets on which it makes sense; null stands for all sets together.</summary>
    public ImmutableArray<PromptSetKind?> Kinds { get; private init; } = _everyKind;

    /// <summary>The kinds of sets of which the overview tells it; null stands for all sets together.</summary>
    public ImmutableArray<PromptSetKind?> Overview { get; private init; } = [];

    /// <summary>The network that it rests on.</summary>
    public MetricNetwork Network { get; private init; }

    /// <summary>Whether it compares with the undefended pictures, so that these have none.</summary>
    public bool IsRelative { get; private init; }

    /// <summary>Whether it rests on the judge.</summary>
    public bool IsJudged { get; private init; }

    /// <summary>Whether pictures ask for it; where they do not, it is reported only on demand.</summary>
    internal Func<IReadOnlyList<PictureResult>, bool> IsAsked { get; private init; } = _ => true;

    /// <summary>The error with which a figure that an earlier report had is no loss; null for none.</summary>
    internal string? HarmlessError { get; private init; }

    /// <summary>The metric with a name; null where there is none.</summary>
    public static Metric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Its figure over pictures; an error where it cannot be computed.</summary>
    internal Measurement Measure(MetricPictures pictures)
    {
        if (pictures.Count == 0) return Measurement.Failed("there is no sample");
        if (IsRelative && pictures.Alone is > 0 and int alone)
            return Measurement.Failed($"{alone} of {pictures.Count} pictures have no undefended picture with the same prompt and seed", pictures.Count);
        if (IsJudged && pictures.Unjudged(IsRelative) is > 0 and int unjudged)
            return Measurement.Failed($"{unjudged} pictures were not judged by \"{pictures.Judge}\"", pictures.Count);
        if (!pictures.Networks.Has(Network)) return Measurement.Failed("no network was given for it", pictures.Count);
        try
        {
            return _measure(pictures);
        }
        catch (InvalidFileException error)
        {
            return Measurement.Failed(error.Message, pictures.Count);
        }
    }
}
