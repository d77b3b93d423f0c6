using System.Collections.Immutable;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Composing.Prompts;

/// <summary>What prompts are made of: the concept's names, what is near it and must be kept, what is harmless.</summary>
internal sealed record Vocabulary
{
    private const int Most = 12;

    /// <summary>A line of at most as many words is a thing; a longer one is a caption.</summary>
    private const int ThingWords = 3;

    /// <summary>The concept in bare words.</summary>
    public required string Concept { get; init; }

    /// <summary>Its other names.</summary>
    public required ImmutableArray<string> Synonyms { get; init; }

    /// <summary>Kinds of the concept that the judge knows, which have its words and more: a red triangle is a kind of triangle.</summary>
    public required ImmutableArray<string> Kinds { get; init; }

    /// <summary>What prompts ask for by the concept's own words: the concept, or where it only qualifies its kinds, as a colour does, those alone.</summary>
    public IReadOnlyList<string> Asked => IsQualifier ? Kinds : [Concept, .. Kinds];

    /// <summary>The concept as a text says it by itself: with an article, unless it only qualifies.</summary>
    public string Spoken => IsQualifier ? Concept : Phrase.WithArticle(Concept);

    /// <summary>Near misses, which must be kept: bare words.</summary>
    public required ImmutableArray<string> Near { get; init; }

    /// <summary>Harmless things, in bare words.</summary>
    public required ImmutableArray<string> Things { get; init; }

    /// <summary>Harmless prompts, as somebody wrote them.</summary>
    public required ImmutableArray<string> Captions { get; init; }

    /// <summary>Where the near misses are from, in a few words.</summary>
    public required string NearFrom { get; init; }

    /// <summary>The judge's labels without the concept's: what can be seen to be kept.</summary>
    public required ImmutableArray<string> Labels { get; init; }

    /// <summary>Gathers the words.</summary>
    /// <param name="concept">The concept.</param>
    /// <param name="synonyms">Its other names.</param>
    /// <param name="keep">Near misses that were given.</param>
    /// <param name="harmless">Harmless things and captions that were given.</param>
    /// <param name="labels">What the judge knows.</param>
    /// <param name="label">The concept's label.</param>
    public static Vocabulary Create(string concept, IEnumerable<string> synonyms, IEnumerable<string> keep, IEnumerable<string> harmless, IReadOnlyList<string> labels, string label)
    {
        string bare = Phrase.Bare(concept);
        ImmutableArray<string> others = [.. synonyms.Select(Phrase.Bare).Where(name => name.Length > 0 && name != bare).Distinct()];
        string[] names = [bare, .. others];
        string[] given = [.. keep.Select(Phrase.Bare).Where(thing => thing.Length > 0).Except(names)];
        string[] kinds = [.. labels.Where(known => known != label && IsKind(known, bare)).Except(given)];
        string[] known = [.. labels.Where(known => known != label).Except(kinds)];
        (string[] Things, string[] Captions) lines = Lines(harmless, names);
        bool isGiven = lines.Things.Length + lines.Captions.Length > 0;
        // Nothing shares a concept's only word but its kinds: what shares another word with these is as near as it gets.
        string[] akin = Spread([.. known.Where(other => kinds.Any(kind => SharesWord(other, kind)))]);
        string[] things = isGiven ? lines.Things : Spread([.. known.Where(other => !SharesWord(other, bare)).Except(akin)]);
        string[] derived = [.. Derived(bare, [.. given, .. things]).Where(known.Contains).Except(given)];
        string[] near = [.. given, .. derived];
        bool isOwn = near.Length == 0;
        if (isOwn) near = kinds.Length > 0 ? akin : Spread([.. known.Where(other => SharesWord(other, bare))]);
        return new()
        {
            Concept = bare,
            Synonyms = others,
            Kinds = [.. kinds],
            Near = [.. near.Take(Math.Max(Most, given.Length))],
            Things = [.. things.Except(near)],
            Captions = [.. lines.Captions],
            NearFrom = near.Length == 0 ? "none" : isOwn ? "the judge's labels" : derived.Length == 0 ? "given" : given.Length == 0 ? "derived" : "given and derived",
            Labels = [.. known],
        };
    }

    /// <summary>The labels that a text names, other than the concept's; where one label lies in another, the longer one.</summary>
    public ImmutableArray<string> LabelsOf(string text)
    {
        string words = $" {string.Join(' ', Phrase.Words(text.ToLowerInvariant().Replace(',', ' ')))} ";
        List<string> found = [];
        foreach (string label in Labels.OrderByDescending(label => label.Length))
        {
            string whole = $" {label.ToLowerInvariant()} ";
            if (!words.Contains(whole, StringComparison.Ordinal)) continue;
            found.Add(label);
            words = words.Replace(whole, " | ", StringComparison.Ordinal);
        }
        return [.. found];
    }

    private static (string[] Things, string[] Captions) Lines(IEnumerable<string> harmless, string[] names)
    {
        string[] lines = [.. harmless.Select(line => line.Trim()).Where(line => line.Length > 0)];
        return ([.. lines.Where(IsThing).Select(Phrase.Bare).Except(names).Distinct()], [.. lines.Where(line => !IsThing(line)).Distinct()]);
    }

    private static bool IsThing(string line) => Phrase.Words(Phrase.Bare(line)).Length <= ThingWords && !line.Contains(',', StringComparison.Ordinal);

    /// <summary>The near misses of "adjective noun": its adjective with other nouns, its noun with other adjectives.</summary>
    private static IEnumerable<string> Derived(string concept, IReadOnlyList<string> things)
    {
        if (Phrase.Words(concept) is not [var adjective, var noun]) return [];
        string[][] pairs = [.. things.Select(Phrase.Words).Where(words => words.Length == 2)];
        string[] nouns = [.. pairs.Select(words => words[1]).Where(word => word != noun).Distinct()];
        string[] adjectives = [.. pairs.Select(words => words[0]).Where(word => word != adjective).Distinct()];
        IEnumerable<string> same = nouns.Select(other => $"{adjective} {other}"), different = adjectives.Select(other => $"{other} {noun}");
        return Interleaved([.. same], [.. different]);
    }

    /// <summary>Two lists in turn, so that the first of them are of both.</summary>
    public static IEnumerable<string> Interleaved(IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        for (int i = 0; i < Math.Max(first.Count, second.Count); i++)
        {
            if (i < first.Count) yield return first[i];
            if (i < second.Count) yield return second[i];
        }
    }

    private bool IsQualifier => !Kinds.IsEmpty && Kinds.All(kind => !$" {kind.ToLowerInvariant()}".EndsWith($" {Concept}", StringComparison.Ordinal));

    private static bool IsKind(string label, string concept)
    {
        string[] words = Phrase.Words(label.ToLowerInvariant());
        return words.Length > Phrase.Words(concept).Length && Phrase.Words(concept).All(words.Contains);
    }

    private static bool SharesWord(string label, string concept) => Phrase.Words(label.ToLowerInvariant()).Intersect(Phrase.Words(concept)).Any();

    /// <summary>At most so many of a list, evenly spread over it.</summary>
    private static string[] Spread(string[] all) =>
        all.Length <= Most ? all : [.. Enumerable.Range(0, Most).Select(i => all[i * all.Length / Most])];
}
