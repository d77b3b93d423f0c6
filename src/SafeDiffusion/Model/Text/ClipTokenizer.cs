using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Text;

/// <summary>
/// CLIP's byte-level BPE tokenizer (Radford et al. 2021), with the ids of the fast tokenizer of transformers 5. Thread-safe.
/// </summary>
/// <remarks>
/// OpenAI's original and transformers' old slow tokenizer treat curly quotes, HTML entities, control characters and CJK spacing
/// differently. Only the start and end token count as special tokens in a text; a padding token such as SD v2's <c>!</c> does not.
/// Added tokens, such as a learned concept's, are one piece each wherever they are spelled, in requests and in policies.
/// </remarks>
public sealed class ClipTokenizer : ITextTokenizer
{
    private const int DefaultLength = 77;

    /// <summary>Phrases that are kept, and their characters, at most: half a megabyte.</summary>
    private const int MostPhrases = 1024, LongestPhrase = 64;

    private readonly ConcurrentDictionary<string, TokenizedText> _phrases = [];

    private readonly ClipVocabulary _vocabulary;
    private readonly BytePairEncoder _encoder;
    private readonly SpecialTokenSplitter _all;
    private readonly SpecialTokenSplitter _withoutSpecial;
    private readonly IReadOnlyList<AddedToken> _added;

    private ClipTokenizer(ClipVocabulary vocabulary, ClipTokenizerFiles files, IReadOnlyList<AddedToken> added, int maxLength)
    {
        _vocabulary = vocabulary;
        _encoder = new BytePairEncoder(vocabulary);
        StartToken = IdOf(files.Start.Content, "start");
        EndToken = IdOf(files.End.Content, "end");
        PadToken = IdOf(files.Pad, "padding");
        MaxLength = maxLength;
        // A token with a role is listed with the added ones, and yet is no word of a text.
        _added = [.. added.Where(token => token.Id != StartToken && token.Id != EndToken && token.Id != PadToken)];
        (SpecialToken, int)[] plain = [.. _added.Select(token => (token.Token, token.Id))];
        _withoutSpecial = new SpecialTokenSplitter(plain);
        _all = new SpecialTokenSplitter([(files.Start, StartToken), (files.End, EndToken), .. plain]);

        int IdOf(string token, string role) => vocabulary.FindId(token)
            ?? throw new InvalidFileException(vocabulary.File, $"lacks the {role} token '{token}'");
    }

    /// <inheritdoc/>
    public int MaxLength { get; }

    /// <inheritdoc/>
    public int StartToken { get; }

    /// <inheritdoc/>
    public int EndToken { get; }

    /// <inheritdoc/>
    public int PadToken { get; }

    /// <summary>
    /// Loads a model's <c>tokenizer</c> folder: <c>vocab.json</c> and <c>merges.txt</c>, or <c>tokenizer.json</c> alone, and where they are
    /// there <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c> (the first one wins; CLIP's values stand in for what is
    /// missing). Added tokens are read from <c>tokenizer.json</c>, <c>tokenizer_config.json</c> and <c>added_tokens.json</c>.
    /// </summary>
    /// <param name="tokenizerFolder">The folder.</param>
    /// <param name="maxLength">
    /// The length of the text encoder's input, 3 to 65536. Null takes <c>model_max_length</c>, or 77 where that is missing or too large to
    /// mean anything.
    /// </param>
    /// <exception cref="InvalidFileException">A file is missing or damaged; the message names it and says why.</exception>
    /// <exception cref="InvalidRequestException"><paramref name="maxLength"/> is out of range.</exception>
    public static ClipTokenizer Load(string tokenizerFolder, int? maxLength = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(tokenizerFolder);
        if (maxLength is < ClipTokenizerFiles.ShortestLength or > ClipTokenizerFiles.LongestLength)
        {
            throw new InvalidRequestException("maxLength",
                $"is {maxLength}; give {ClipTokenizerFiles.ShortestLength} to {ClipTokenizerFiles.LongestLength}, 77 for SD v1");
        }
        List<AddedToken> added = AddedTokens.Load(tokenizerFolder);
        ClipVocabulary vocabulary = new(VocabularyFiles.Load(tokenizerFolder), added);
        ClipTokenizerFiles files = ClipTokenizerFiles.Load(tokenizerFolder);
        return new ClipTokenizer(vocabulary, files, added, maxLength ?? files.MaxLength ?? DefaultLength);
    }

    /// <summary>Refuses ids for which a text encoder has no embedding.</summary>
    /// <param name="rows">How many it has.</param>
    /// <exception cref="InvalidFileException">There are such ids; the message names the file that gives them.</exception>
    internal void RequireIdsBelow(long rows)
    {
        foreach (AddedToken token in _added)
        {
            if (token.Id < rows) continue;
            throw new InvalidFileException(token.File,
                $"gives the added token '{token.Token.Content}' the id {token.Id}, and the text encoder has embeddings for 0 to {rows - 1}. Export the text encoder with the added token's embedding, or remove the token");
        }
        if (_vocabulary.LargestId < rows) return;
        throw new InvalidFileException(_vocabulary.File, $"goes up to the id {_vocabulary.LargestId}, and the text encoder has embeddings for 0 to {rows - 1}. Are they of one model?");
    }

    /// <inheritdoc/>
    public TokenizedText Encode(string text, SpecialTokenHandling specialTokens = SpecialTokenHandling.Escape)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<TextSegment> segments = _all.Split(text);
        ImmutableArray<string> escaped = [];
        if (specialTokens == SpecialTokenHandling.Escape)
        {
            escaped = [.. segments.Where(segment => segment.TokenId == StartToken || segment.TokenId == EndToken).Select(segment => segment.Text)];
            if (escaped.Length > 0) segments = _withoutSpecial.Split(text);
        }
        string normalized = string.Join(' ', segments.Select(segment => segment.Text));
        List<TokenPiece> pieces = [];
        string truncated = "";
        foreach (TokenPiece piece in Tokenize(segments))
        {
            if (pieces.Count == MaxLength - 2)
            {
                truncated = normalized[piece.Characters.Start..];
                break;
            }
            pieces.Add(piece with { Position = pieces.Count + 1 });
        }
        ImmutableArray<int> ids = Frame(pieces);
        return new TokenizedText
        {
            Tokenizer = this,
            Text = text,
            NormalizedText = normalized,
            Ids = ids,
            Pieces = [.. pieces],
            EndPosition = ids.IndexOf(EndToken),
            TruncatedText = truncated,
            EscapedSpecialTokens = escaped,
        };
    }

    /// <inheritdoc/>
    TokenizedText ITextTokenizer.EncodePhrase(string phrase)
    {
        if (_phrases.TryGetValue(phrase, out TokenizedText? known)) return known;
        TokenizedText encoded = Encode(phrase);
        if (_phrases.Count >= MostPhrases) _phrases.Clear();
        if (phrase.Length <= LongestPhrase) _phrases[phrase] = encoded;
        return encoded;
    }

    /// <summary>Puts the start token before the pieces, the end token and padding after them.</summary>
    private ImmutableArray<int> Frame(List<TokenPiece> pieces)
    {
        int[] ids = new int[MaxLength];
        Array.Fill(ids, PadToken);
        ids[0] = StartToken;
        foreach (TokenPiece piece in pieces) ids[piece.Position] = piece.Id;
        ids[pieces.Count + 1] = EndToken;
        return ImmutableCollectionsMarshal.AsImmutableArray(ids);
    }

    /// <summary>The pieces of segments that stand in the normalised text with a space between two; positions are still to be set.</summary>
    private IEnumerable<TokenPiece> Tokenize(List<TextSegment> segments)
    {
        int offset = 0;
        foreach ((string text, int? token) in segments)
        {
            IEnumerable<TokenPiece> pieces = token is { } id
                ? [MakePiece(id, offset, new TokenSpan(0, text.Length), startsWord: true)]
                : Tokenize(text, offset);
            foreach (TokenPiece piece in pieces) yield return piece;
            offset += text.Length + 1;
        }
    }

    private IEnumerable<TokenPiece> Tokenize(string text, int offset)
    {
        foreach (TokenSpan word in ClipText.Split(text))
        {
            bool startsWord = true;
            foreach (WordPiece piece in _encoder.Encode(text[word.Start..word.End]))
            {
                yield return MakePiece(piece.Id, offset + word.Start, piece.Characters, startsWord);
                startsWord = false;
            }
        }
    }

    private TokenPiece MakePiece(int id, int offset, TokenSpan characters, bool startsWord) =>
        new(0, id, _vocabulary.SymbolOf(id), new TokenSpan(offset + characters.Start, offset + characters.End), startsWord);
}
