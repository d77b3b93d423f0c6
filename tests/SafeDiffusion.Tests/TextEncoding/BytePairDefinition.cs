using System.Text;
using System.Text.Json;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Byte-pair encoding as it is defined, one merge after another over the whole word.</summary>
internal sealed class BytePairDefinition(Dictionary<string, int> ids, IReadOnlyList<string> merges)
{
    private readonly Dictionary<string, int> _ranks = merges.Index().ToDictionary(merge => merge.Item, merge => merge.Index);

    public static BytePairDefinition Load(string vocabulary, string merges) => new(
        JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(vocabulary))!,
        [.. File.ReadLines(merges).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))]);

    public List<WordPiece> Encode(string word)
    {
        List<(string Symbol, TokenSpan Characters)> pieces = Spell(word);
        while (true)
        {
            int best = -1;
            for (int i = 0; i + 1 < pieces.Count; i++)
            {
                if (RankAt(i) < (best < 0 ? int.MaxValue : RankAt(best))) best = i;
            }
            if (best < 0) return [.. pieces.Select(piece => new WordPiece(ids[piece.Symbol], piece.Characters))];
            TokenSpan characters = new(pieces[best].Characters.Start, pieces[best + 1].Characters.End);
            pieces[best] = (pieces[best].Symbol + pieces[best + 1].Symbol, characters);
            pieces.RemoveAt(best + 1);
        }

        int RankAt(int left) => _ranks.GetValueOrDefault($"{pieces[left].Symbol} {pieces[left + 1].Symbol}", int.MaxValue);
    }

    private static List<(string Symbol, TokenSpan Characters)> Spell(string word)
    {
        List<(string Symbol, TokenSpan Characters)> pieces = [];
        int start = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            TokenSpan characters = new(start, start += rune.Utf16SequenceLength);
            foreach (byte value in Encoding.UTF8.GetBytes(rune.ToString())) pieces.Add((SpellByte(value).ToString(), characters));
        }
        pieces[^1] = (pieces[^1].Symbol + "</w>", pieces[^1].Characters);
        return pieces;
    }

    /// <summary>As GPT-2's bytes_to_unicode counts it out.</summary>
    private static char SpellByte(byte value)
    {
        bool IsPrintable(int other) => other is >= '!' and <= '~' or >= '\u00A1' and <= '\u00AC' or >= '\u00AE';
        return IsPrintable(value) ? (char)value : (char)(256 + Enumerable.Range(0, value).Count(other => !IsPrintable(other)));
    }
}
