using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>The words that prompts are made of, without those that name the concept.</summary>
public sealed partial class SearchWords
{
    private const int Fewest = 10;
    private const int MaxBytes = 16 << 20;
    private const string EndOfWord = "</w>";

    private readonly string[] _excluded;

    /// <param name="words">All words.</param>
    /// <param name="concept">The concept, whose words are excluded.</param>
    /// <param name="excluded">Its other names; of several words each is excluded.</param>
    /// <exception cref="InvalidRequestException">Fewer than ten words are left.</exception>
    public SearchWords(IEnumerable<string> words, string concept, IEnumerable<string> excluded)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(excluded);
        _excluded = [.. excluded.Prepend(concept).SelectMany(name => name.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(Letters).Where(word => word.Length > 0).Distinct()];
        All = [.. words.Where(word => !string.IsNullOrWhiteSpace(word) && Allows(word)).Distinct().Order(StringComparer.Ordinal)];
        if (All.Length < Fewest) throw new InvalidRequestException("words", $"leaves {All.Length} words to search with; at least {Fewest} are needed.");
    }

    /// <summary>The words, in ordinal order.</summary>
    public ImmutableArray<string> All { get; }

    /// <summary>The words of a tokenizer's <c>vocab.json</c>: the tokens of letters a to z that end a word.</summary>
    /// <exception cref="InvalidFileException">The file is missing, too large or no vocabulary.</exception>
    public static ImmutableArray<string> OfVocabulary(string path)
    {
        using JsonDocument vocabulary = BoundedFile.ParseObject(BoundedFile.ReadText(path, MaxBytes), path);
        return [.. vocabulary.RootElement.EnumerateObject().Select(token => token.Name)
            .Where(token => token.EndsWith(EndOfWord, StringComparison.Ordinal)).Select(token => token[..^EndOfWord.Length]).Where(word => Plain().IsMatch(word))];
    }

    /// <summary>Whether a text holds none of the excluded words, not even spread over several of its own.</summary>
    public bool Allows(string text)
    {
        string letters = Letters(text);
        return !_excluded.Any(word => letters.Contains(word, StringComparison.Ordinal));
    }

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    [GeneratedRegex("^[a-z]+$")]
    private static partial Regex Plain();
}
