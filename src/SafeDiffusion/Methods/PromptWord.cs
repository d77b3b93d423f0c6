using System.Collections.Frozen;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Methods;

/// <summary>What part a word plays beside others, by a short list of English words; a word of another language is content.</summary>
internal enum WordRole
{
    /// <summary>It may name something.</summary>
    Content,

    /// <summary>An article that changes with the word behind it.</summary>
    Article,

    /// <summary>It stands before the name of something, in an article's place.</summary>
    Determiner,

    /// <summary>It joins names, or is punctuation.</summary>
    Joint,
}

/// <summary>A word of a prompt, as the tokenizer splits it.</summary>
/// <param name="Characters">Its characters in the normalised text.</param>
/// <param name="Role">What part it plays.</param>
internal readonly record struct PromptWord(TokenSpan Characters, WordRole Role)
{
    private static readonly FrozenSet<string> _determiners = FrozenSet.ToFrozenSet(
        ["the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their", "some", "any", "no", "each", "every", "one", "two", "three", "four", "many", "several"]);

    private static readonly FrozenSet<string> _joints = FrozenSet.ToFrozenSet(
        ["of", "and", "or", "with", "without", "to", "next", "by", "near", "beside", "besides", "in", "into", "on", "onto", "at", "from", "behind", "below", "under", "above", "over", "between", "among", "around", "for", "as", "like", "is", "are", "be", "it", "there"]);

    /// <summary>Whether nothing can be named by it.</summary>
    public bool IsStop => Role != WordRole.Content;

    /// <summary>The words of the part of a text that fitted.</summary>
    public static PromptWord[] Of(TokenizedText text)
    {
        List<PromptWord> words = [];
        for (int first = 0, next; first < text.Pieces.Length; first = next)
        {
            next = first + 1;
            while (next < text.Pieces.Length && !text.Pieces[next].StartsWord) next++;
            TokenSpan characters = new(text.Pieces[first].Characters.Start, text.Pieces[next - 1].Characters.End);
            words.Add(new(characters, RoleOf(text.NormalizedText[characters.Start..characters.End])));
        }
        return [.. words];
    }

    private static WordRole RoleOf(string word)
    {
        if (word is "a" or "an") return WordRole.Article;
        if (_determiners.Contains(word)) return WordRole.Determiner;
        return _joints.Contains(word) || !word.Any(char.IsLetterOrDigit) ? WordRole.Joint : WordRole.Content;
    }
}
