using System.Text.Json;
using Microsoft.ML.Tokenizers;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Text;

/// <summary>The symbols of a CLIP tokenizer and the pairs that merge, all by id: <c>vocab.json</c> and <c>merges.txt</c>.</summary>
internal sealed class ClipVocabulary
{
    private const string EndOfWord = "</w>";

    /// <summary>CLIP's files have 0.9 and 0.5 MB.</summary>
    private const int LargestFile = 32 << 20;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _symbols = [];
    private readonly bool[] _bytes = new bool[256];
    private readonly bool[] _lastBytes = new bool[256];

    /// <exception cref="InvalidFileException">A file is missing or damaged, or the merges do not fit the symbols.</exception>
    public ClipVocabulary(string vocabularyPath, string mergesPath)
    {
        AddSymbols(BoundedFile.ReadText(vocabularyPath, LargestFile), vocabularyPath);
        List<string> merges = ReadMerges(BoundedFile.ReadText(mergesPath, LargestFile), mergesPath);
        Merging = BpeTokenizer.Create(new BpeOptions(_ids) { Merges = merges, ByteLevel = true, EndOfWordSuffix = EndOfWord });
        for (int value = 0; value < 256; value++)
        {
            string symbol = SpellByte((byte)value).ToString();
            _bytes[value] = _ids.ContainsKey(symbol);
            _lastBytes[value] = _ids.ContainsKey(symbol + EndOfWord);
        }
    }

    /// <summary>Merges the bytes of one word. Its own cache is bounded in words and their length, and it is thread-safe.</summary>
    public BpeTokenizer Merging { get; }

    public int? FindId(string symbol) => _ids.TryGetValue(symbol, out int id) ? id : null;

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

    private void AddSymbols(string json, string file)
    {
        using JsonDocument document = BoundedFile.ParseObject(json, file);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            bool isId = property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out _);
            int id = isId ? property.Value.GetInt32() : -1;
            if (id < 0) throw new InvalidFileException(file, $"gives the symbol '{property.Name}' no id (a whole number from 0)");
            if (!_ids.TryAdd(property.Name, id)) throw new InvalidFileException(file, $"holds the symbol '{property.Name}' twice");
            if (!_symbols.TryAdd(id, property.Name)) throw new InvalidFileException(file, $"gives the id {id} to two symbols");
        }
        if (_ids.Count == 0) throw new InvalidFileException(file, "holds no symbols");
    }

    /// <summary>The pairs in order of rank, each with a space between its symbols.</summary>
    private List<string> ReadMerges(string text, string file)
    {
        List<string> merges = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        int lineNumber = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            lineNumber++;
            bool isHeader = lineNumber == 1 && raw.StartsWith("#version", StringComparison.Ordinal);
            if (isHeader || raw.IsEmpty) continue;
            string pair = raw.ToString();
            RequireSymbols(pair, $"line {lineNumber}", file);
            if (!known.Add(pair)) throw new InvalidFileException(file, $"line {lineNumber} holds the pair '{pair}' a second time");
            merges.Add(pair);
        }
        return merges;
    }

    private void RequireSymbols(string pair, string line, string file)
    {
        string[] symbols = pair.Split(' ');
        bool isPair = symbols.Length == 2 && symbols.All(symbol => symbol.Length > 0);
        if (!isPair) throw new InvalidFileException(file, $"{line} is not two symbols with a space between them");
        foreach (string symbol in (ReadOnlySpan<string>)[.. symbols, symbols[0] + symbols[1]])
        {
            if (_ids.ContainsKey(symbol)) continue;
            throw new InvalidFileException(file, $"{line} needs the symbol '{symbol}', which vocab.json does not have");
        }
    }
}
