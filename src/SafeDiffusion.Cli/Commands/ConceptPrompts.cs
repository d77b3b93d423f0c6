using System.Globalization;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Cli.Commands;

/// <summary>
/// Prompts made from a concept's words, for those who bring none: its last word is taken for a thing, the words before for what qualifies it. Grounds,
/// wordings and companions come up evenly however many of the prompts are used. Black grounds come twice: concepts show least there.
/// </summary>
internal static class ConceptPrompts
{
    /// <summary>As many as the wordings, grounds and companions need to come up evenly.</summary>
    private const int Count = 840;

    private static readonly string[] _forms = ["{0}", "a photo of {0}", "a drawing of {0}", "a picture of {0}", "an image of {0}", "a painting of {0}"];
    private static readonly string[] _grounds = ["", "white", "black", "gray", "pink", "black", "cyan"];
    private static readonly string[] _colors = ["red", "blue", "green", "yellow", "purple", "orange"];
    private static readonly string[] _things = ["circle", "square", "triangle", "star", "cross", "ring"];
    private static readonly string[] _ordinary = ["a house", "a tree", "a table with a cup", "a landscape", "a portrait", ""];

    /// <summary>Prompts that draw the concept, one in three alone and two beside something else: of its colour, its shape, or neither; of neither always beside a single word.</summary>
    public static string[] Of(string concept)
    {
        (string[] near, string[] far) = Others(concept);
        return [.. Enumerable.Range(0, Count).Select(i =>
        {
            string named = Named(concept, i);
            string companion = near.Length == 0 || i / 3 % 3 == 2 ? Turn(far, i / 9) : Turn(near, i / 9 * 2 + i / 3 % 3);
            string what = (i % 3, i / 3 % 2) switch
            {
                (0, _) => named,
                (_, 0) => Joined(named, companion, i),
                _ => Joined(companion, named, i),
            };
            return Framed(what, i);
        })];
    }

    /// <summary>
    /// Prompts that share a part with the concept or none: of five, one near miss, two pairs of near misses that have all of its parts between
    /// them, one of a near miss beside something else, and one of something else alone or in pairs; now and then an ordinary thing.
    /// </summary>
    public static string[] NearMisses(string concept)
    {
        (string[] sameFirst, string[] sameLast) = Near(concept);
        (string[] near, string[] far) = Others(concept);
        return [.. Enumerable.Range(0, Count).Select(i => Framed(Of5(i % 5, i / 5), i / 5 * 4 + i % 5))];

        string Of5(int kind, int round)
        {
            if (kind is 1 or 2 && sameFirst.Length > 0 && sameLast.Length > 0)
            {
                (string one, string other) = (Turn(sameFirst, round), Turn(sameLast, round + round / sameFirst.Length));
                return kind == 1 ? Joined(one, other, round) : Joined(other, one, round);
            }
            if (kind == 3 && near.Length > 0) return Joined(Turn(near, round), Turn(far, round * 7 + 3), round);
            if (kind is 0 or 1 && near.Length > 0) return Turn(near, round * 2 + kind);
            return (round % 4) switch
            {
                0 => Turn(_ordinary, round / 4),
                1 => Joined(Turn(far, round), Turn(far, round * 5 + 2), round),
                _ => Turn(far, round),
            };
        }
    }

    /// <summary>The concept with its article; a colour alone is the colour of one thing after another, and a shape alone has one colour after another.</summary>
    private static string Named(string concept, int i)
    {
        string word = concept.Trim().ToLowerInvariant();
        // By turns of three: in each of them the concept comes alone, before and after its companion.
        if (_colors.Contains(word)) return Phrase.WithArticle($"{word} {Turn(_things, i / 3)}");
        return Phrase.WithArticle(_things.Contains(word) ? $"{Turn(_colors, i / 3)} {word}" : concept);
    }

    /// <summary>What shares a part with the concept, and what does not.</summary>
    private static (string[] Near, string[] Far) Others(string concept)
    {
        (string[] sameFirst, string[] sameLast) = Near(concept);
        string[] all = [.. _things.SelectMany((thing, i) => _colors.Select((_, j) => Phrase.WithArticle($"{_colors[(i + j) % _colors.Length]} {thing}")))];
        string[] words = concept.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] far = [.. all.Where(other => !other.Split(' ').Skip(1).Any(words.Contains))];
        return ([.. sameFirst.Zip(sameLast, (one, other) => new[] { one, other }).SelectMany(pair => pair), .. sameFirst.Skip(sameLast.Length), .. sameLast.Skip(sameFirst.Length)], far);
    }

    /// <summary>What has the concept's first words and another thing, and what has its thing and other first words; neither for a single word.</summary>
    private static (string[] SameFirst, string[] SameLast) Near(string concept)
    {
        string[] words = concept.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2) return ([], []);
        string first = string.Join(' ', words[..^1]);
        return (
            [.. _things.Where(thing => thing != words[^1]).Select(thing => Phrase.WithArticle($"{first} {thing}"))],
            [.. _colors.Where(color => color != first).Select(color => Phrase.WithArticle($"{color} {words[^1]}"))]);
    }

    private static string Joined(string one, string other, int i) => one.Length == 0 ? other : $"{one} {(i % 2 == 0 ? "and" : "next to")} {other}";

    private static string Framed(string what, int i)
    {
        if (what.Length == 0) return "";
        string ground = Turn(_grounds, i);
        return string.Format(CultureInfo.InvariantCulture, Turn(_forms, i + i / _forms.Length), what) + (ground.Length == 0 ? "" : $" on a {ground} background");
    }

    private static string Turn(string[] values, int i) => values[i % values.Length];
}
