using Microsoft.ML.Tokenizers;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Model.Text;

/// <summary>The symbols of a CLIP tokenizer, the pairs that merge, and the tokens that were added, all by id.</summary>
internal sealed class ClipVocabulary
{
    /// <summary>What a symbol at the end of a word ends with.</summary>
    public const string EndOfWord = "</w>";

    private readonly VocabularyFiles _files;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _added = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _symbols = [];
    private readonly bool[] _bytes = new bool[256];
    private readonly bool[] _lastBytes = new bool[256];

    /// <exception cref="InvalidFileException">The merges or the added tokens do not fit the symbols.</exception>
    public ClipVocabulary(VocabularyFiles files, IEnumerable<AddedToken> added)
    {
        _files = files;
        AddSymbols();
        Merging = BpeTokenizer.Create(new BpeOptions(_ids) { Merges = CheckMerges(), ByteLevel = true, EndOfWordSuffix = EndOfWord });
        foreach (AddedToken token in added) Add(token);
        for (int value = 0; value < 256; value++)
        {
            string symbol = SpellByte((byte)value).ToString();
            _bytes[value] = _ids.ContainsKey(symbol);
            _lastBytes[value] = _ids.ContainsKey(symbol + EndOfWord);
        }
    }

    /// <summary>Merges the bytes of one word. Its own cache is bounded in words and their length, and it is thread-safe.</summary>
    public BpeTokenizer Merging { get; }

    /// <summary>The file of the symbols.</summary>
    public string File => _files.SymbolsFile;

    /// <summary>The largest id of the symbols themselves, without added tokens.</summary>
    public int LargestId => _ids.Values.Max();

    public int? FindId(string symbol) => _ids.TryGetValue(symbol, out int id) || _added.TryGetValue(symbol, out id) ? id : null;

    public string SymbolOf(int id) => _symbols[id];

    /// <summary>Whether there is a symbol for one byte of a word's UTF-8 form.</summary>
    public bool CanSpell(byte value, bool isLast) => isLast ? _lastBytes[value] : _bytes[value];

    /// <summary>GPT-2's byte alphabet: printable Latin-1 bytes stand for themselves, the others for U+0100 onwards, in order.</summary>
    private static char SpellByte(byte value) => value switch
    {
        >= 33 and <= 126 or >= 161 and <= 172 or >= 174 => (char)value,
        <= 32 => (char)(256 + value),
        <= 160 => (char)(256 + 33 + value - 127),
        _ => (char)(256 + 33 + 34),
    };

    private void AddSymbols()
    {
        foreach ((string symbol, int id) in _files.Symbols)
        {
            if (!_ids.TryAdd(symbol, id)) throw new InvalidFileException(File, $"holds the symbol '{symbol}' twice");
            if (!_symbols.TryAdd(id, symbol)) throw new InvalidFileException(File, $"gives the id {id} to two symbols");
        }
        if (_ids.Count == 0) throw new InvalidFileException(File, "holds no symbols");
    }

    /// <summary>An added token may be among the symbols already, with its id; it never takes another's id.</summary>
    private void Add(AddedToken token)
    {
        string content = token.Token.Content;
        if (_ids.TryGetValue(content, out int known) && known != token.Id)
            throw new InvalidFileException(token.File, $"gives the added token '{content}' the id {token.Id}, which has the id {known} in {Path.GetFileName(File)}");
        if (!_symbols.TryAdd(token.Id, content) && _symbols[token.Id] != content)
            throw new InvalidFileException(token.File, $"gives the added token '{content}' the id {token.Id}, which is that of '{_symbols[token.Id]}' in {Path.GetFileName(File)}");
        _added[content] = token.Id;
    }

    private List<string> CheckMerges()
    {
        List<string> merges = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach ((string pair, string place) in _files.Merges)
        {
            RequireSymbols(pair, place);
            if (!known.Add(pair)) throw new InvalidFileException(_files.MergesFile, $"{place} holds the pair '{pair}' a second time");
            merges.Add(pair);
        }
        return merges;
    }

    private void RequireSymbols(string pair, string place)
    {
        string[] symbols = pair.Split(' ');
        bool isPair = symbols.Length == 2 && symbols.All(symbol => symbol.Length > 0);
        if (!isPair) throw new InvalidFileException(_files.MergesFile, $"{place} is not two symbols with a space between them");
        foreach (string symbol in (ReadOnlySpan<string>)[.. symbols, symbols[0] + symbols[1]])
        {
            if (_ids.ContainsKey(symbol)) continue;
            throw new InvalidFileException(_files.MergesFile, $"{place} needs the symbol '{symbol}', which {Path.GetFileName(File)} does not have");
        }
    }
}
