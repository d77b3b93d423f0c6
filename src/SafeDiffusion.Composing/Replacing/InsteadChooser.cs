using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Composing.Prompts;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Composing.Replacing;

/// <summary>How many things are drawn, and how often each.</summary>
/// <param name="Things">The things: in the first round the farthest, then those that were drawn well most often.</param>
/// <param name="Alone">Pictures of each by itself.</param>
/// <param name="Beside">Pictures of each beside something that is to be kept.</param>
internal readonly record struct InsteadRound(int Things, int Alone, int Beside)
{
    public int Pictures => Alone + Beside;
}

/// <summary>Chooses what is drawn in a concept's place: far from what is to be kept, and drawn well by the model.</summary>
internal sealed class InsteadChooser(Vocabulary words, string? given)
{
    /// <summary>
    /// Most pictures have something beside the thing that is to be kept: a thing that takes the other's place or colour is no good, however well
    /// the model draws it alone. How often it does takes many pictures to tell, which only the best are worth.
    /// </summary>
    public static readonly ImmutableArray<InsteadRound> Rounds = [new(8, 6, 10), new(3, 0, 48)];

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

    /// <summary>What a round draws: those that the judge can see, and were drawn well most often in the rounds before, of those the farthest.</summary>
    /// <param name="options">The things, the farthest first.</param>
    /// <param name="before">The rounds before.</param>
    public IReadOnlyList<InsteadOption> Left(IReadOnlyList<InsteadOption> options, IReadOnlyList<EvaluationOutcome> before) =>
        [.. Best(Measured(options, before)).Where(option => words.Labels.Contains(option.Thing)).Take(Rounds[before.Count].Things)];

    /// <summary>A round's prompt sets, named after the things.</summary>
    /// <param name="options">The things.</param>
    /// <param name="round">The round's number.</param>
    /// <param name="firstSeed">The first seed of all rounds.</param>
    public ImmutableArray<PromptSet> Sets(IReadOnlyList<InsteadOption> options, int round, long firstSeed)
    {
        int pictures = Rounds[round].Pictures;
        long first = firstSeed + Rounds.Take(round).Sum(before => before.Things * before.Pictures);
        return
        [
            .. options.Select((option, place) => new PromptSet
            {
                Name = option.Thing,
                Kind = PromptSetKind.Harmless,
                Prompts = [.. Prompts(option.Thing, round)],
                Seeds = pictures,
                FirstSeed = first + ((long)place * pictures),
            }),
        ];
    }

    /// <summary>The choice: of those that came farthest, what is drawn well most often.</summary>
    /// <param name="options">The things, the farthest first.</param>
    /// <param name="rounds">The rounds that were drawn.</param>
    public InsteadChoice Choose(IReadOnlyList<InsteadOption> options, IReadOnlyList<EvaluationOutcome> rounds)
    {
        InsteadOption[] measured = Measured(options, rounds);
        string? thing = given ?? Best(measured).FirstOrDefault(option => option.DrawnWell?.Value > 0)?.Thing;
        return new(thing is null ? null : Phrase.WithArticle(thing), given is not null, measured);
    }

    /// <summary>The policy whose pictures are looked at: none.</summary>
    public static SuitePolicy Policy { get; } = new(Undefended, Policies.SafetyPolicy.Empty);

    private static IEnumerable<InsteadOption> Best(IEnumerable<InsteadOption> measured) => measured
        .OrderByDescending(option => option.DrawnWell?.Samples ?? 0)
        .ThenByDescending(option => option.DrawnWell?.Value ?? 0)
        .ThenByDescending(option => option.Distance);

    private static InsteadOption[] Measured(IReadOnlyList<InsteadOption> options, IReadOnlyList<EvaluationOutcome> rounds) =>
        [.. options.Select(option => option with { DrawnWell = DrawnWell(option.Thing, rounds) })];

    private IEnumerable<SuitePrompt> Prompts(string thing, int round)
    {
        string[] others = [.. Vocabulary.Interleaved(words.Near, words.Things).Where(other => other != thing && words.Labels.Contains(other))];
        (int drawnAlone, int drawnBeside) = (Rounds.Take(round).Sum(before => before.Alone), Rounds.Take(round).Sum(before => before.Beside));
        int beside = others.Length == 0 ? 0 : Rounds[round].Beside;
        for (int i = drawnAlone; i < drawnAlone + Rounds[round].Pictures - beside; i++) yield return new(Template(i).Format(Phrase.WithArticle(thing)), [thing]);
        for (int i = drawnBeside; i < drawnBeside + beside; i++)
        {
            string other = others[i % others.Length];
            yield return new(Template(i).Format(PromptGrammar.Both(thing, other, i + (i / others.Length))), [thing, other]);
        }
    }

    private static PromptTemplate Template(int i) => PromptTemplate.Of(PromptPart.Learning, i);

    private static Measurement? DrawnWell(string thing, IReadOnlyList<EvaluationOutcome> rounds)
    {
        bool[] pictures = [.. rounds.SelectMany(round => round.Results.Where(result => result.Set == thing).Select(result => IsWell(result, round.Description)))];
        return pictures.Length == 0 ? null : Share.Measure(pictures.Count(isWell => isWell), pictures.Length);
    }

    private static bool IsWell(PictureResult result, RunDescription run)
    {
        Judgement judgement = result.Judgements[run.Judge];
        return judgement.IsClean && result.Keep.All(judgement.Shows) && !judgement.Shows(run.Concept);
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
