using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Methods;

/// <summary>
/// Finds names whose words do not stand side by side: the thing first (<c>a triangle that is red</c>, <c>triangle in red</c>, <c>a triangle with a red
/// fill</c>), words between (<c>a red, large triangle</c>), or in the plural. Of each name the last word is the thing, those before it say which. An article,
/// and most words that join things, end the search: <c>a red circle and a triangle</c> is none. By short lists of English words, as <see cref="PromptWord"/>.
/// </summary>
internal sealed class WordsApart
{
    /// <summary>The endings of a thing and of several, English ones.</summary>
    public static readonly ImmutableArray<string> Endings = ["", "s", "es"];

    /// <summary>Words between the first and the last of a name, at most.</summary>
    private const int MaxBetween = 7;

    /// <summary>Of these, such that may name or describe something.</summary>
    private const int MaxContent = 2;

    /// <summary>What may join a thing and what is said of it.</summary>
    private static readonly FrozenSet<string> _binding = FrozenSet.ToFrozenSet(
        ["is", "are", "be", "was", "were", "of", "in", "with", "as", "like", "that", "these", "those", "which", "whose", "has", "have", "having", "it", "its"]);

    /// <summary>What may join a thing and what it looks like, so that nothing else is described by it.</summary>
    private static readonly FrozenSet<string> _linking = FrozenSet.ToFrozenSet(["is", "are", "be", "was", "were"]);

    /// <summary>What says how much, between such a word and what follows.</summary>
    private static readonly FrozenSet<string> _degrees = FrozenSet.ToFrozenSet(
        ["all", "very", "so", "quite", "completely", "entirely", "fully", "totally", "really", "purely", "brightly", "bright", "dark", "light", "deep", "pale", "pure", "solid"]);

    /// <summary>Names for the look of a thing's own surface: <c>a triangle with a red fill</c> is a red triangle, one <c>with a red hat</c> is not.</summary>
    private static readonly FrozenSet<string> _looks = FrozenSet.ToFrozenSet(
        ["color", "colors", "colour", "colours", "colored", "coloured", "coloring", "colouring", "shade", "hue", "tint", "tone", "fill", "filling", "paint", "dye", "finish", "surface"]);

    private readonly PromptWord[] _words;
    private readonly string[] _texts;

    private static readonly ConditionalWeakTable<TokenizedText, WordsApart> _ofTexts = [];

    /// <summary>The words of a text; every concept of a policy asks for them.</summary>
    public static WordsApart Of(TokenizedText text) => _ofTexts.GetValue(text, static text => new(text));

    /// <summary>What a text consists of.</summary>
    public ReadOnlySpan<string> Words => _texts;

    private WordsApart(TokenizedText text)
    {
        _words = PromptWord.Of(text);
        _texts = [.. _words.Select(word => text.NormalizedText[word.Characters.Start..word.Characters.End])];
    }

    /// <summary>Where a name stands apart, in characters of the normalised text; one that stands together is found as well.</summary>
    public IEnumerable<TokenSpan> Find(string name)
    {
        string[] parts = Phrase.Words(name.ToLowerInvariant());
        if (parts.Length == 0) yield break;
        for (int thing = 0; thing < _texts.Length; thing++)
        {
            if (!IsThing(_texts[thing], parts[^1])) continue;
            if (LastOf(parts[..^1], thing, 1) is { } end && IsSaidBehind(thing + 1, end, parts)) yield return Characters(thing, IsLook(end + 1) ? end + 1 : end);
            if (LastOf(parts[..^1], thing, -1) is { } start && IsSaidBefore(start, thing, parts)) yield return Characters(start, thing);
        }
    }

    private static bool IsThing(string word, string thing) => Endings.Any(ending => word == thing + ending);

    /// <summary>The farthest of some words from a place on, in a direction; null where they are not all near.</summary>
    private int? LastOf(string[] parts, int from, int direction)
    {
        List<string> left = [.. parts];
        int place = from;
        for (int next = from + direction; left.Count > 0; next += direction)
        {
            if (next < 0 || next >= _texts.Length || Math.Abs(next - from) > MaxBetween + parts.Length) return null;
            if (left.Remove(_texts[next])) place = next;
        }
        return place;
    }

    /// <summary>Behind the thing: what is said of it ends there, and is not said of something else that follows.</summary>
    /// <param name="first">The first word behind the thing.</param>
    /// <param name="last">The last that says which it is.</param>
    /// <param name="own">The name's words.</param>
    private bool IsSaidBehind(int first, int last, string[] own)
    {
        if (last < first) return true;
        bool isOfLook = Enumerable.Range(first, last - first + 1).Any(i => _looks.Contains(_texts[i])) || IsLook(last + 1);
        int content = 0, signs = 0;
        bool hasArticle = false, hasOther = false;
        for (int i = first; i <= last; i++)
        {
            if (IsSign(_texts[i])) signs++;
            else if (_looks.Contains(_texts[i]) || _binding.Contains(_texts[i]) || own.Contains(_texts[i])) continue;
            else if (isOfLook && _words[i].Role is WordRole.Article or WordRole.Determiner) hasArticle = true;
            else if (_texts[i] == "and" && i < last && _texts[i + 1] is "it" or "its") continue;
            else if (_words[i].IsStop) return false;
            else if (!_degrees.Contains(_texts[i]))
            {
                content++;
                // "filled with a red paint" says it of the thing, "with a hat of a red color" does not.
                hasOther |= !_texts[i].EndsWith("ed", StringComparison.Ordinal);
            }
        }
        if (hasArticle && hasOther) return false;
        return signs <= 1 && content <= MaxContent && (last + 1 == _words.Length || _words[last + 1].IsStop || IsLook(last + 1) || IsLinked(first, last));
    }

    private bool IsLook(int word) => word < _texts.Length && _looks.Contains(_texts[word]);

    /// <summary>Whether a word follows one that links it to the thing, so that it describes nothing behind it: <c>a triangle that is very red shines</c>.</summary>
    private bool IsLinked(int first, int word)
    {
        int before = word - 1;
        while (before > first && _degrees.Contains(_texts[before])) before--;
        return before >= first && _linking.Contains(_texts[before]);
    }

    /// <summary>Before the thing: once a word that may name something else has come, nothing joins it to the thing.</summary>
    private bool IsSaidBefore(int first, int thing, string[] own)
    {
        int content = 0;
        for (int i = first + 1; i < thing; i++)
        {
            if (own.Contains(_texts[i])) continue;
            bool joins = IsSign(_texts[i]) || _texts[i] == "and";
            if (joins ? content > 0 : _words[i].IsStop) return false;
            content += joins ? 0 : 1;
        }
        return content <= MaxContent;
    }

    private static bool IsSign(string word) => !word.Any(char.IsLetterOrDigit);

    private TokenSpan Characters(int first, int last) => new(_words[first].Characters.Start, _words[last].Characters.End);
}
