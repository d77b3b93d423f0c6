using System.Collections.Immutable;
using System.Globalization;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Composing.Prompts;

/// <summary>Makes prompts of a vocabulary: for learning, for choosing, and for the figures, with templates of its own each.</summary>
internal sealed class PromptGrammar
{
    private const int Parts = 3;

    /// <summary>At half of the steps the given picture has settled what is where.</summary>
    public const float Strength = 0.5f;

    /// <summary>A thing of two words said in other ways, and any other thing: what must not depend on how a prompt spells it.</summary>
    private static readonly string[] _rewordings = ["a {1} painted {0}", "a small {0} {1}", "a {1}, {0}", "the {0} {1}"], _plainRewordings = ["the {0}", "a small {0}", "one {0}"];

    private const string FromPicture = "from a picture of it";

    private readonly Vocabulary _words;
    private readonly IReadOnlyList<string> _own;
    private readonly string[] _companions;
    private readonly (string First, string Second)[] _nearPairs;

    /// <param name="words">The vocabulary.</param>
    /// <param name="own">Prompts somebody brought that ask for the concept.</param>
    /// <param name="instead">What is drawn in the concept's place: it is no companion, since it would be found whether it was kept or not.</param>
    public PromptGrammar(Vocabulary words, IReadOnlyList<string> own, string? instead)
    {
        (_words, _own) = (words, own);
        string bare = Phrase.Bare(instead ?? "");
        _companions = [.. Vocabulary.Interleaved(words.Near, words.Things).Where(thing => thing != bare)];
        _nearPairs = Pairs();
    }

    /// <summary>A part's prompt sets for measuring, their seeds as many as their prompts.</summary>
    /// <param name="part">Not what assets are learned from.</param>
    /// <param name="count">Prompts of a set.</param>
    /// <param name="firstSeed">The first set's first seed; the sets' seeds follow each other.</param>
    /// <param name="fromPictures">Whether the model can start from pictures.</param>
    public ImmutableArray<PromptSet> Sets(PromptPart part, int count, long firstSeed, bool fromPictures = false)
    {
        string[] alone = Singles(part, count, _words.Asked);
        (string Name, PromptSetKind Kind, string[] Prompts)[] sets =
        [
            ("explicit", PromptSetKind.Concept, alone),
            ("in other words", PromptSetKind.Concept, Made(part, count, _words.Asked.Count, (i, template) => template.Format(Reworded(_words.Asked[i % _words.Asked.Count], i)))),
            (FromPicture, PromptSetKind.Concept, fromPictures ? alone : []),
            ("other names", PromptSetKind.Concept, Singles(part, count, _words.Synonyms)),
            ("beside another thing", PromptSetKind.Mixed, Mixed(part, count)),
            ("own prompts", PromptSetKind.Concept, [.. Own(part).Where(text => _words.LabelsOf(text).IsEmpty)]),
            ("own prompts with others", PromptSetKind.Mixed, [.. Own(part).Where(text => !_words.LabelsOf(text).IsEmpty)]),
            ("near misses", PromptSetKind.Harmless, Singles(part, count, _words.Near)),
            ("pairs of near misses", PromptSetKind.Harmless, NearPairs(part, count)),
            ("harmless", PromptSetKind.Harmless, Harmless(part, count)),
        ];
        return
        [
            .. sets.Where(set => set.Prompts.Length > 0).Select((set, i) => new PromptSet
            {
                Name = set.Name,
                Kind = set.Kind,
                Prompts = [.. set.Prompts.Select(text => new SuitePrompt(text, _words.LabelsOf(text)))],
                // Each starts from the picture of another prompt than its own.
                Start = set.Name == FromPicture ? new([.. alone.Skip(1), alone[0]], Strength) : null,
                Seeds = count,
                FirstSeed = firstSeed + ((long)i * count),
            }),
        ];
    }

    /// <summary>Prompts to learn the concept from: alone, and beside what is to be kept.</summary>
    public string[] Unsafe(int count) => [.. Singles(PromptPart.Learning, count, [.. _words.Asked, .. _words.Synonyms]).Take(count / 3), .. Mixed(PromptPart.Learning, count - (count / 3))];

    /// <summary>Prompts somebody brought that a text erasure learns the concept from: those that name nothing else.</summary>
    public string[] OwnToLearn => [.. Own(PromptPart.Learning).Where(text => _words.LabelsOf(text).IsEmpty)];

    /// <summary>Prompts to learn from what is not the concept: near misses alone and in pairs, and harmless ones.</summary>
    public string[] Safe(int count) =>
        [.. NearPairs(PromptPart.Learning, count / 3), .. Singles(PromptPart.Learning, count / 3, _words.Near), .. Harmless(PromptPart.Learning, count / 3)];

    private static string Reworded(string thing, int i) => Phrase.Words(thing) is [var adjective, var noun]
        ? string.Format(CultureInfo.InvariantCulture, _rewordings[i % _rewordings.Length], adjective, noun)
        : string.Format(CultureInfo.InvariantCulture, _plainRewordings[i % _plainRewordings.Length], thing);

    private static string[] Singles(PromptPart part, int count, IReadOnlyList<string> things) =>
        Made(part, count, things.Count, (i, template) => template.Format(Phrase.WithArticle(things[i % things.Count])));

    private string[] Mixed(PromptPart part, int count)
    {
        string[] names = [.. _words.Asked, .. _words.Synonyms];
        return Made(part, count, _companions.Length, (i, template) =>
            template.Format(Both(names[(i + (i / _companions.Length)) % names.Length], _companions[i % _companions.Length], i + (i / _companions.Length))));
    }

    private string[] NearPairs(PromptPart part, int count) =>
        Made(part, count, _nearPairs.Length, (i, template) =>
        {
            (string first, string second) = _nearPairs[i % _nearPairs.Length];
            return template.Format(Both(first, second, i + (i / _nearPairs.Length)));
        });

    private string[] Harmless(PromptPart part, int count)
    {
        string[] captions = [.. Dealt(_words.Captions, part)];
        IReadOnlyList<string> things = _words.Things;
        string[] made = Made(part, count, things.Count, (i, template) => template.Format(
            i % 2 == 0 || things.Count < 2 ? Phrase.WithArticle(things[i / 2 % things.Count]) : Both(things[i % things.Count], things[(i + 1 + (i / 4)) % things.Count], i / 2)));
        return captions.Length >= count ? captions : [.. Vocabulary.Interleaved(captions, made).Distinct().Take(count)];
    }

    /// <summary>Two things in a prompt, in both orders and joined in two ways.</summary>
    internal static string Both(string one, string other, int form)
    {
        (string first, string second) = form % 2 == 0 ? (one, other) : (other, one);
        return $"{Phrase.WithArticle(first)} {(form / 2 % 2 == 0 ? "and" : "next to")} {Phrase.WithArticle(second)}";
    }

    /// <summary>The last part gets the first, so that a single prompt is measured with.</summary>
    private IEnumerable<string> Own(PromptPart part) => _own.Where((_, i) => i % Parts == Parts - 1 - (int)part);

    private static IEnumerable<string> Dealt(IReadOnlyList<string> lines, PromptPart part) => lines.Where((_, i) => i % Parts == (int)part);

    /// <summary>So many prompts; none where there is nothing to make them of. The template moves on with every round through the things.</summary>
    private static string[] Made(PromptPart part, int count, int things, Func<int, PromptTemplate, string> make) => things == 0
        ? []
        : [.. Enumerable.Range(0, count).Select(i => make(i, PromptTemplate.Of(part, i + (things == 1 ? 0 : i / things)))).Distinct()];

    /// <summary>Pairs that have all of the concept's words between them, where there are any, since these are taken for it most easily; else all.</summary>
    private (string, string)[] Pairs()
    {
        string[] near = [.. _words.Near];
        // By their distance in the list, so that the first of them have every near miss.
        (string First, string Second)[] all = [.. Enumerable.Range(1, Math.Max(0, near.Length - 1)).SelectMany(apart => near.Take(near.Length - apart).Select((first, i) => (first, near[i + apart])))];
        string[] concept = Phrase.Words(_words.Concept);
        (string, string)[] joint = [.. all.Where(pair => concept.Length > 1 && concept.All(Phrase.Words($"{pair.First} {pair.Second}").Contains))];
        return joint.Length > 0 ? joint : all;
    }
}
