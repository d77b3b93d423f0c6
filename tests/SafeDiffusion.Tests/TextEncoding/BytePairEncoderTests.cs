using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: byte-pair encoding against its definition, mostly with windows shorter than the word.</summary>
public sealed class BytePairEncoderTests
{
    private static readonly string _vocabularyPath = Fixture.Locate("numerics", "clip-tokenizer", "vocab.json");
    private static readonly string _mergesPath = Fixture.Locate("numerics", "clip-tokenizer", "merges.txt");
    private static readonly ClipVocabulary _vocabulary = new(VocabularyFiles.Load(Fixture.Locate("numerics", "clip-tokenizer")), []);
    private static readonly BytePairDefinition _definition = BytePairDefinition.Load(_vocabularyPath, _mergesPath);

    private static readonly string[] _characters =
        ["a", "e", "s", "t", "th", "ing", "aaa", "!", "-", "\u00DF", "\u732B", "\u0301", "\U0001D49C", "\U00010428", "\U0001F602", "\U00020000"];

    [Fact]
    public void ClipsMergesGiveWhatIsDefined() => Properties.ForAll(Words(_characters, 60), word =>
    {
        List<WordPiece> expected = _definition.Encode(word);
        foreach (int window in (int[])[2, 5, 16, 128]) Assert.Equal(expected, new BytePairEncoder(_vocabulary, window).Encode(word));
    });

    /// <summary>Merges in an order that no training gives, under which a distant letter can decide about the first one.</summary>
    [Fact]
    public void AnyMergesGiveWhatIsDefined() => Properties.ForAll(Gen.Choose(0, int.MaxValue), seed =>
    {
        Random random = new(seed);
        using TemporaryFolder folder = new();
        WriteRandomMerges(folder, random);
        BytePairDefinition definition = BytePairDefinition.Load(folder.File("vocab.json"), folder.File("merges.txt"));
        ClipVocabulary vocabulary = new(VocabularyFiles.Load(folder.Path), []);
        for (int i = 0; i < 20; i++)
        {
            string word = new(random.GetItems<char>("abc", random.Next(1, 80)));
            Assert.Equal(definition.Encode(word), new BytePairEncoder(vocabulary, random.Next(2, 20)).Encode(word));
        }
    }, count: 100);

    private static Gen<string> Words(string[] characters, int longest) =>
        from length in Gen.Choose(1, longest)
        from kinds in Gen.Elements(characters).ArrayOf(3)
        from units in Gen.Elements(kinds).ArrayOf(length)
        select string.Concat(units);

    private static void WriteRandomMerges(TemporaryFolder folder, Random random)
    {
        List<string> symbols = ["a", "b", "c", "a</w>", "b</w>", "c</w>"];
        HashSet<string> merges = [];
        while (merges.Count < 40)
        {
            string left = symbols[random.Next(symbols.Count)];
            string right = symbols[random.Next(symbols.Count)];
            if (left.EndsWith('>') || left.Length + right.Length > 12 || !merges.Add($"{left} {right}")) continue;
            if (!symbols.Contains(left + right)) symbols.Add(left + right);
        }
        string[] ranked = [.. merges];
        random.Shuffle(ranked);
        Dictionary<string, int> ids = symbols.Index().ToDictionary(symbol => symbol.Item, symbol => symbol.Index);
        File.WriteAllText(folder.File("vocab.json"), JsonSerializer.Serialize(ids));
        File.WriteAllLines(folder.File("merges.txt"), ranked);
    }
}
