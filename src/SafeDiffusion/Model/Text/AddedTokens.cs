using System.Globalization;
using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Model.Text;

/// <summary>A token that was added to a vocabulary, such as a learned concept's.</summary>
/// <param name="Token">Its spelling, and how it is looked for.</param>
/// <param name="Id">Its id.</param>
/// <param name="File">The file that tells of it.</param>
internal readonly record struct AddedToken(SpecialToken Token, int Id, string File);

/// <summary>
/// The added tokens of a tokenizer folder: <c>added_tokens</c> of tokenizer.json, <c>added_tokens_decoder</c> of tokenizer_config.json, and
/// added_tokens.json, as transformers reads them.
/// </summary>
internal static class AddedTokens
{
    private const int LargestFile = 32 << 20;

    /// <summary>All added tokens, each once, by id.</summary>
    /// <exception cref="InvalidFileException">A file is damaged, or two of them contradict each other.</exception>
    public static List<AddedToken> Load(string folder)
    {
        SortedDictionary<int, AddedToken> tokens = [];
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (AddedToken token in OfTokenizer(folder).Concat(OfConfiguration(folder)).Concat(OfList(folder)))
        {
            if (string.IsNullOrWhiteSpace(token.Token.Content)) throw new InvalidFileException(token.File, $"gives the id {token.Id} to an added token without a spelling");
            if (tokens.TryGetValue(token.Id, out AddedToken known) && known.Token.Content != token.Token.Content)
                throw new InvalidFileException(token.File, $"gives the id {token.Id} to '{token.Token.Content}', and {Path.GetFileName(known.File)} to '{known.Token.Content}'");
            if (!ids.TryAdd(token.Token.Content, token.Id) && ids[token.Token.Content] != token.Id)
                throw new InvalidFileException(token.File, $"gives the added token '{token.Token.Content}' the ids {ids[token.Token.Content]} and {token.Id}");
            // The first file knows more of a token than the last, which has no flags.
            tokens.TryAdd(token.Id, token);
        }
        return [.. tokens.Values];
    }

    private static IEnumerable<AddedToken> OfTokenizer(string folder)
    {
        string file = Path.Combine(folder, "tokenizer.json");
        using JsonDocument? document = Parse(file);
        if (Find(document, "added_tokens", JsonValueKind.Array, file) is not { } list) yield break;
        foreach (JsonElement entry in list.EnumerateArray())
        {
            bool hasId = entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("id", out JsonElement value) && value.ValueKind == JsonValueKind.Number;
            int id = hasId && entry.GetProperty("id").TryGetInt32(out int number) ? number : -1;
            yield return Read(entry, RequireId(id, file), file);
        }
    }

    private static IEnumerable<AddedToken> OfConfiguration(string folder)
    {
        string file = Path.Combine(folder, "tokenizer_config.json");
        using JsonDocument? document = Parse(file);
        if (Find(document, "added_tokens_decoder", JsonValueKind.Object, file) is not { } tokens) yield break;
        foreach (JsonProperty entry in tokens.EnumerateObject())
        {
            int id = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
            yield return Read(entry.Value, RequireId(id, file), file);
        }
    }

    /// <summary>The oldest form, spelling to id. Such a token is looked for in the normalised text, as transformers does.</summary>
    private static IEnumerable<AddedToken> OfList(string folder)
    {
        string file = Path.Combine(folder, "added_tokens.json");
        using JsonDocument? document = Parse(file);
        if (document is null) yield break;
        foreach (JsonProperty entry in document.RootElement.EnumerateObject())
        {
            int id = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out int number) ? number : -1;
            yield return new AddedToken(new SpecialToken(entry.Name, IsMatchedNormalized: true), RequireId(id, file), file);
        }
    }

    /// <summary>An object with <c>content</c> and flags; that white space beside it is taken along (<c>lstrip</c>, <c>rstrip</c>) alters nothing for CLIP.</summary>
    private static AddedToken Read(JsonElement entry, int id, string file)
    {
        bool isToken = entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String;
        if (!isToken) throw new InvalidFileException(file, $"gives the id {id} to an added token that is no object with \"content\"");
        bool isSpecial = Flag("special") ?? false;
        SpecialToken token = new(entry.GetProperty("content").GetString()!, Flag("normalized") ?? !isSpecial) { IsSingleWord = Flag("single_word") ?? false };
        return new AddedToken(token, id, file);

        bool? Flag(string name) => !entry.TryGetProperty(name, out JsonElement flag) ? null : flag.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null => null,
            _ => throw new InvalidFileException(file, $"the added token of id {id} has a \"{name}\" that is neither true nor false"),
        };
    }

    private static int RequireId(int id, string file) =>
        id >= 0 ? id : throw new InvalidFileException(file, "holds an added token without an id (a whole number from 0)");

    private static JsonElement? Find(JsonDocument? document, string field, JsonValueKind kind, string file)
    {
        if (document is null || !document.RootElement.TryGetProperty(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == kind ? value : throw new InvalidFileException(file, $"\"{field}\" is no JSON {kind}");
    }

    private static JsonDocument? Parse(string path) =>
        File.Exists(path) ? BoundedFile.ParseObject(BoundedFile.ReadText(path, LargestFile), path) : null;
}
