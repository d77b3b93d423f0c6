using System.Text.Json;
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
    private readonly Dictionary<(int Left, int Right), (int Rank, int Merged)> _merges = [];
    private readonly int?[] _bytes = new int?[256];
    private readonly int?[] _lastBytes = new int?[256];

    private ClipVocabulary()
    {
    }

    /// <exception cref="InvalidFileException">A file is missing or damaged, or the merges do not fit the symbols.</exception>
    public static ClipVocabulary Load(string vocabularyPath, string mergesPath)
    {
        ClipVocabulary vocabulary = new();
        vocabulary.AddSymbols(BoundedFile.ReadText(vocabularyPath, LargestFile), vocabularyPath);
        vocabulary.AddMerges(BoundedFile.ReadText(mergesPath, LargestFile), mergesPath);
        for (int value = 0; value < 256; value++)
        {
            string symbol = SpellByte((byte)value).ToString();
            vocabulary._bytes[value] = vocabulary.FindId(symbol);
            vocabulary._lastBytes[value] = vocabulary.FindId(symbol + EndOfWord);
        }
        return vocabulary;
    }

    public int? FindId(string symbol) => _ids.TryGetValue(symbol, out int id) ? id : null;

    public string SymbolOf(int id) => _symbols[id];

    /// <summary>The symbol of one byte of a word's UTF-8 form; null where the vocabulary lacks it.</summary>
    public int? FindByte(byte value, bool isLast) => isLast ? _lastBytes[value] : _bytes[value];

    /// <summary>Whether two neighbours merge; the pair of lowest rank goes first.</summary>
    public bool TryMerge(int left, int right, out (int Rank, int Merged) merge) => _merges.TryGetValue((left, right), out merge);

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
    }

    private void AddMerges(string text, string file)
    {
        int lineNumber = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            lineNumber++;
            bool isHeader = lineNumber == 1 && raw.StartsWith("#version", StringComparison.Ordinal);
            if (isHeader || raw.IsEmpty) continue;
            AddMerge(raw.ToString().Split(' '), $"line {lineNumber}", file);
        }
    }

    private void AddMerge(string[] pair, string line, string file)
    {
        if (pair.Length != 2) throw new InvalidFileException(file, $"{line} is not two symbols with a space between them");
        int left = SymbolOfMerge(pair[0], line, file);
        int right = SymbolOfMerge(pair[1], line, file);
        int merged = SymbolOfMerge(pair[0] + pair[1], line, file);
        if (_merges.TryAdd((left, right), (_merges.Count, merged))) return;
        throw new InvalidFileException(file, $"{line} holds the pair '{pair[0]} {pair[1]}' a second time");
    }

    private int SymbolOfMerge(string symbol, string line, string file) =>
        FindId(symbol) ?? throw new InvalidFileException(file, $"{line} needs the symbol '{symbol}', which vocab.json does not have");
}
