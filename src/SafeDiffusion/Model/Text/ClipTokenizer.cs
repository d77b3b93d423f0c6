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
/// </remarks>
public sealed class ClipTokenizer : ITextTokenizer
{
    private const int DefaultLength = 77;

    private readonly ClipVocabulary _vocabulary;
    private readonly BytePairEncoder _encoder;
    private readonly SpecialTokenSplitter _splitter;

    private ClipTokenizer(ClipVocabulary vocabulary, ClipTokenizerFiles files, string vocabularyPath, int maxLength)
    {
        _vocabulary = vocabulary;
        _encoder = new BytePairEncoder(vocabulary);
        StartToken = IdOf(files.Start.Content, "start");
        EndToken = IdOf(files.End.Content, "end");
        PadToken = IdOf(files.Pad, "padding");
        MaxLength = maxLength;
        _splitter = new SpecialTokenSplitter((files.Start, StartToken), (files.End, EndToken));

        int IdOf(string token, string role) => vocabulary.FindId(token)
            ?? throw new InvalidFileException(vocabularyPath, $"lacks the {role} token '{token}'");
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
    /// Loads a model's <c>tokenizer</c> folder: <c>vocab.json</c> and <c>merges.txt</c>, and where they are there
    /// <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c> (the first one wins; CLIP's values stand in for what is missing).
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
        string vocabularyPath = Path.Combine(tokenizerFolder, "vocab.json");
        ClipVocabulary vocabulary = new(vocabularyPath, Path.Combine(tokenizerFolder, "merges.txt"));
        ClipTokenizerFiles files = ClipTokenizerFiles.Load(tokenizerFolder);
        return new ClipTokenizer(vocabulary, files, vocabularyPath, maxLength ?? files.MaxLength ?? DefaultLength);
    }

    /// <inheritdoc/>
    public TokenizedText Encode(string text, SpecialTokenHandling specialTokens = SpecialTokenHandling.Escape)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<TextSegment> segments = _splitter.Split(text);
        ImmutableArray<string> escaped = [];
        if (specialTokens == SpecialTokenHandling.Escape)
        {
            escaped = [.. segments.Where(segment => segment.SpecialId is not null).Select(segment => segment.Text)];
            if (escaped.Length > 0) segments = [new TextSegment(ClipText.Normalize(text))];
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
        foreach ((string text, int? special) in segments)
        {
            IEnumerable<TokenPiece> pieces = special is { } id
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
