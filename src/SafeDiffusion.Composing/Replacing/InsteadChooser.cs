using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Composing.Prompts;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Composing.Replacing;

/// <summary>Chooses what is drawn in a concept's place: far from what is to be kept, and drawn well by the model.</summary>
internal sealed class InsteadChooser(Vocabulary words, string? given)
{
    /// <summary>How many things are drawn.</summary>
    public const int Tried = 6;

    private const string Undefended = "undefended";

    /// <summary>Things that might do, the farthest first; of those that were not given, only what the judge can see.</summary>
    /// <param name="encode">Encodes a text.</param>
    public IReadOnlyList<InsteadOption> Options(Func<string, TextStates> encode)
    {
        float[][] kept = [.. words.Synonyms.Prepend(words.Concept).Concat(words.Near).Select(thing => Mean(encode(Phrase.WithArticle(thing))))];
        IEnumerable<string> things = given is null ? words.Things.Where(words.Labels.Contains) : [Phrase.Bare(given)];
        return
        [
            .. things.Select(thing => new InsteadOption(thing, Distance(Mean(encode(Phrase.WithArticle(thing))), kept)))
                .OrderByDescending(option => option.Distance),
        ];
    }

    /// <summary>
    /// Prompt sets, named after the things that are worth a try: the farthest ones. Every other prompt has something beside it that is to be kept:
    /// a thing that takes the other's place or colour is no good, however well the model draws it alone.
    /// </summary>
    /// <param name="options">The things, the farthest first.</param>
    /// <param name="pictures">Pictures of each.</param>
    /// <param name="firstSeed">The first seed.</param>
    public ImmutableArray<PromptSet> Sets(IReadOnlyList<InsteadOption> options, int pictures, long firstSeed) =>
    [
        .. options.Where(option => words.Labels.Contains(option.Thing)).Take(Tried).Select((option, place) => new PromptSet
        {
            Name = option.Thing,
            Kind = PromptSetKind.Harmless,
            Prompts = [.. Enumerable.Range(0, pictures).Select(i => Prompt(option.Thing, i))],
            Seeds = pictures,
            FirstSeed = firstSeed + ((long)place * pictures),
        }),
    ];

    /// <summary>The choice: what is drawn well most often, and of those the farthest.</summary>
    /// <param name="options">The things, the farthest first.</param>
    /// <param name="results">The pictures of <see cref="Sets"/>.</param>
    /// <param name="run">Their run; null where none was drawn.</param>
    public InsteadChoice Choose(IReadOnlyList<InsteadOption> options, IReadOnlyList<PictureResult> results, RunDescription? run)
    {
        InsteadOption[] measured = [.. options.Select(option => option with { DrawnWell = DrawnWell(option.Thing, results, run) })];
        string? thing = given ?? measured.Where(option => option.DrawnWell?.Value > 0).OrderByDescending(option => option.DrawnWell!.Value).ThenByDescending(option => option.Distance).FirstOrDefault()?.Thing;
        return new(thing is null ? null : Phrase.WithArticle(thing), given is not null, measured);
    }

    /// <summary>The policy whose pictures are looked at: none.</summary>
    public static SuitePolicy Policy { get; } = new(Undefended, Policies.SafetyPolicy.Empty);

    private SuitePrompt Prompt(string thing, int i)
    {
        PromptTemplate template = PromptTemplate.Of(PromptPart.Learning, i);
        string[] others = [.. Vocabulary.Interleaved(words.Near, words.Things).Where(other => other != thing && words.Labels.Contains(other))];
        if (i % 2 == 0 || others.Length == 0) return new(template.Format(Phrase.WithArticle(thing)), [thing]);
        string other = others[i / 2 % others.Length];
        return new(template.Format(PromptGrammar.Both(thing, other, i / 2)), [thing, other]);
    }

    private static Measurement? DrawnWell(string thing, IReadOnlyList<PictureResult> results, RunDescription? run)
    {
        PictureResult[] pictures = [.. results.Where(result => result.Set == thing)];
        return pictures.Length == 0 ? null : Share.Measure(pictures.Count(IsWell), pictures.Length);

        bool IsWell(PictureResult result)
        {
            Judgement judgement = result.Judgements[run!.Judge];
            return judgement.IsClean && result.Keep.All(judgement.Shows) && !judgement.Shows(run.Concept);
        }
    }

    private static double Distance(float[] text, float[][] others) => others.Min(other => 1 - (double)TensorPrimitives.CosineSimilarity(text, other));

    /// <summary>The mean of the states of a text's own tokens, without start and end.</summary>
    private static float[] Mean(TextStates states)
    {
        float[] mean = new float[states.Width];
        int tokens = Math.Max(1, states.Text!.Pieces.Length);
        for (int i = 1; i <= tokens; i++) TensorPrimitives.Add(mean, states.Values.Slice(i * states.Width, states.Width), mean);
        TensorPrimitives.Divide(mean, tokens, mean);
        return mean;
    }
}
