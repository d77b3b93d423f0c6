using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Text;

/// <summary>A tokenizer's symbols and merges as its folder writes them down; nothing is checked against each other yet.</summary>
/// <param name="SymbolsFile">The file of the symbols.</param>
/// <param name="MergesFile">The file of the merges.</param>
/// <param name="Symbols">The symbols with their ids.</param>
/// <param name="Merges">The pairs in order of rank, each with a space between its symbols, and where each stands.</param>
internal sealed record VocabularyFiles(
    string SymbolsFile, string MergesFile, IReadOnlyList<(string Symbol, int Id)> Symbols, IReadOnlyList<(string Pair, string Place)> Merges)
{
    /// <summary>CLIP's files have 0.9 and 0.5 MB, its tokenizer.json 2.2 MB.</summary>
    private const int LargestFile = 32 << 20;

    /// <summary>Reads <c>vocab.json</c> and <c>merges.txt</c>, or, where neither is there, <c>tokenizer.json</c>.</summary>
    /// <exception cref="InvalidFileException">A file is missing or damaged.</exception>
    public static VocabularyFiles Load(string folder)
    {
        string vocabulary = Path.Combine(folder, "vocab.json");
        string merges = Path.Combine(folder, "merges.txt");
        string whole = Path.Combine(folder, "tokenizer.json");
        bool isWhole = !File.Exists(vocabulary) && !File.Exists(merges) && File.Exists(whole);
        return isWhole ? LoadWhole(whole) : LoadPair(vocabulary, merges);
    }

    private static VocabularyFiles LoadPair(string vocabulary, string merges)
    {
        string json = BoundedFile.ReadText(vocabulary, LargestFile);
        using JsonDocument document = BoundedFile.ParseObject(json, vocabulary);
        return new VocabularyFiles(vocabulary, merges, ReadSymbols(document.RootElement, vocabulary), ReadLines(BoundedFile.ReadText(merges, LargestFile)));
    }

    /// <summary>The form of the library tokenizers, of which CLIP's has one model, byte-level BPE with an end of words.</summary>
    private static VocabularyFiles LoadWhole(string file)
    {
        using JsonDocument document = BoundedFile.ParseObject(BoundedFile.ReadText(file, LargestFile), file);
        if (!document.RootElement.TryGetProperty("model", out JsonElement model) || model.ValueKind != JsonValueKind.Object)
            throw new InvalidFileException(file, "has no \"model\", and vocab.json and merges.txt, which would do instead, are not there. In Python: CLIPTokenizer.from_pretrained(\"MODEL\", subfolder=\"tokenizer\").save_pretrained(\"tokenizer\")");
        Require("type", "BPE");
        Require("end_of_word_suffix", ClipVocabulary.EndOfWord);
        if (!model.TryGetProperty("vocab", out JsonElement symbols) || symbols.ValueKind != JsonValueKind.Object) throw new InvalidFileException(file, "\"model\" has no \"vocab\" of symbols and ids");
        if (!model.TryGetProperty("merges", out JsonElement merges) || merges.ValueKind != JsonValueKind.Array) throw new InvalidFileException(file, "\"model\" has no list \"merges\"");
        return new VocabularyFiles(file, file, ReadSymbols(symbols, file), [.. merges.EnumerateArray().Select((pair, i) => (Pair(pair), $"merge {i + 1}"))]);

        void Require(string field, string value)
        {
            // Files of old versions leave the type out.
            if (!model.TryGetProperty(field, out JsonElement there) || (there.ValueKind == JsonValueKind.String && there.GetString() == value)) return;
            throw new InvalidFileException(file, $"\"model\" has the {field} {there.GetRawText()}; CLIP's is \"{value}\". Is it another model's tokenizer?");
        }
    }

    private static List<(string, int)> ReadSymbols(JsonElement symbols, string file)
    {
        List<(string, int)> read = [];
        foreach (JsonProperty property in symbols.EnumerateObject())
        {
            bool isId = property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out _);
            int id = isId ? property.Value.GetInt32() : -1;
            if (id < 0) throw new InvalidFileException(file, $"gives the symbol '{property.Name}' no id (a whole number from 0)");
            read.Add((property.Name, id));
        }
        return read;
    }

    private static List<(string, string)> ReadLines(string text)
    {
        List<(string, string)> merges = [];
        int lineNumber = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            lineNumber++;
            bool isHeader = lineNumber == 1 && raw.StartsWith("#version", StringComparison.Ordinal);
            if (!isHeader && !raw.IsEmpty) merges.Add((raw.ToString(), $"line {lineNumber}"));
        }
        return merges;
    }

    /// <summary>A pair is a text with a space in it, or, in newer files, a list of two; of anything else the check of the merges says that it is none.</summary>
    private static string Pair(JsonElement pair)
    {
        if (pair.ValueKind == JsonValueKind.String) return pair.GetString()!;
        bool isPair = pair.ValueKind == JsonValueKind.Array && pair.EnumerateArray().All(symbol => symbol.ValueKind == JsonValueKind.String);
        return isPair ? string.Join(' ', pair.EnumerateArray().Select(symbol => symbol.GetString())) : "";
    }
}
