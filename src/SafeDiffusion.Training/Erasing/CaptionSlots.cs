using System.Collections.Immutable;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Training.Erasing;

/// <summary>
/// Captions with the places in them where a thing of two words stands (<c>a green star</c>), so that another can be put there. Which words
/// are attributes and which are things is read off the captions, from a concept such as <c>red triangle</c>: what stands before
/// <c>triangle</c>, and what behind <c>red</c>; and on from there what stands before or behind these.
/// </summary>
internal sealed class CaptionSlots
{
    private const int Rounds = 2;
    private readonly string[][] _captions;
    private readonly HashSet<string> _attributes;
    private readonly HashSet<string> _things;

    private CaptionSlots(string[][] captions, HashSet<string> attributes, HashSet<string> things) => (_captions, _attributes, _things) = (captions, attributes, things);

    /// <summary>The attributes that were found, in order.</summary>
    public IEnumerable<string> Attributes => _attributes.Order(StringComparer.Ordinal);

    /// <summary>The things that were found, in order.</summary>
    public IEnumerable<string> Things => _things.Order(StringComparer.Ordinal);

    /// <summary>The places in a caption, by the index of the first of the two words.</summary>
    public ImmutableArray<int> Slots(int caption) =>
        [.. Enumerable.Range(1, Math.Max(0, _captions[caption].Length - 2)).Where(i => IsArticle(_captions[caption][i - 1]) && IsThing(_captions[caption], i))];

    /// <summary>The caption with a thing in a place; null for as it is. A name that takes no article loses it.</summary>
    public string Fill(int caption, IReadOnlyList<(int Slot, string Name)> names)
    {
        List<string> words = [.. _captions[caption]];
        foreach ((int slot, string name) in names.OrderByDescending(name => name.Slot))
        {
            words.RemoveRange(slot - 1, 3);
            words.Insert(slot - 1, Phrase.WithArticle(name));
        }
        return string.Join(' ', words);
    }

    /// <summary>Reads captions.</summary>
    /// <param name="captions">The captions, in small letters.</param>
    /// <param name="concept">The concept; places are found where it is of two words that the captions use.</param>
    public static CaptionSlots Read(IEnumerable<string> captions, string concept)
    {
        string[][] split = [.. captions.Select(caption => caption.Split(' '))];
        string[] words = concept.Split(' ');
        HashSet<string> attributes = words.Length == 2 ? [words[0]] : [];
        HashSet<string> things = words.Length == 2 ? [words[1]] : [];
        for (int round = 0; round < Rounds; round++)
        {
            foreach ((string before, string word) in split.SelectMany(Described))
            {
                if (things.Contains(word)) attributes.Add(before);
                else if (attributes.Contains(before)) things.Add(word);
            }
        }
        return new(split, attributes, things);
    }

    /// <summary>Two words behind an article.</summary>
    private static IEnumerable<(string Before, string Word)> Described(string[] words) =>
        Enumerable.Range(1, Math.Max(0, words.Length - 2)).Where(i => IsArticle(words[i - 1])).Select(i => (words[i], words[i + 1]));

    private static bool IsArticle(string word) => word is "a" or "an" or "the";

    private bool IsThing(string[] words, int first) => _attributes.Contains(words[first]) && _things.Contains(words[first + 1]);
}
