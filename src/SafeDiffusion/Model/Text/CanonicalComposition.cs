using System.Runtime.InteropServices;
using System.Text;

namespace SafeDiffusion.Model.Text;

/// <summary>Normalisation form C (Unicode Standard Annex 15): decompose, order the marks, compose. Linear but for sorting marks.</summary>
internal static class CanonicalComposition
{
    private const char FirstCombiningMark = '\u0300';
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TrailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TrailCount;

    /// <summary>Normalises a text; a lone surrogate becomes U+FFFD.</summary>
    public static string Normalize(string text)
    {
        // No character below the first combining mark changes or composes with its neighbours.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstCombiningMark - 1))) return text;
        List<int> codePoints = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) Decompose(rune.Value, codePoints);
        OrderMarks(CollectionsMarshal.AsSpan(codePoints));
        StringBuilder composed = new(text.Length);
        foreach (int codePoint in Compose(codePoints)) composed.Append(new Rune(codePoint).ToString());
        return composed.ToString();
    }

    private static void Decompose(int codePoint, List<int> destination)
    {
        int syllable = codePoint - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            DecomposeSyllable(syllable, destination);
            return;
        }
        if (!CanonicalMappings.Instance.TryDecompose(codePoint, out (int First, int? Second) parts))
        {
            destination.Add(codePoint);
            return;
        }
        Decompose(parts.First, destination);
        if (parts.Second is { } second) Decompose(second, destination);
    }

    private static void DecomposeSyllable(int syllable, List<int> destination)
    {
        destination.Add(LeadBase + syllable / (VowelCount * TrailCount));
        destination.Add(VowelBase + syllable / TrailCount % VowelCount);
        if (syllable % TrailCount != 0) destination.Add(TrailBase + syllable % TrailCount);
    }

    /// <summary>Sorts each run of marks by combining class; equal classes keep their order.</summary>
    private static void OrderMarks(Span<int> codePoints)
    {
        for (int start = 0; start < codePoints.Length; start++)
        {
            int end = start;
            while (end < codePoints.Length && CanonicalMappings.Instance.ClassOf(codePoints[end]) != 0) end++;
            if (end - start > 1) SortByClass(codePoints[start..end]);
            start = end;
        }
    }

    private static void SortByClass(Span<int> marks)
    {
        long[] keys = new long[marks.Length];
        for (int i = 0; i < keys.Length; i++) keys[i] = ((long)CanonicalMappings.Instance.ClassOf(marks[i]) << 32) + i;
        keys.AsSpan().Sort(marks);
    }

    /// <summary>Composes each mark or letter with the last starter before it, unless something between the two blocks it.</summary>
    private static List<int> Compose(List<int> decomposed)
    {
        List<int> composed = new(decomposed.Count);
        int starter = -1;
        int lastClass = 0;
        foreach (int codePoint in decomposed)
        {
            int combiningClass = CanonicalMappings.Instance.ClassOf(codePoint);
            bool isBlocked = starter < 0 || (starter < composed.Count - 1 && lastClass >= combiningClass);
            if (!isBlocked && TryCompose(composed[starter], codePoint, out int pair))
            {
                composed[starter] = pair;
                continue;
            }
            composed.Add(codePoint);
            if (combiningClass == 0) starter = composed.Count - 1;
            lastClass = combiningClass;
        }
        return composed;
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        if (first is >= LeadBase and < LeadBase + LeadCount && second is >= VowelBase and < VowelBase + VowelCount)
        {
            composed = SyllableBase + ((first - LeadBase) * VowelCount + (second - VowelBase)) * TrailCount;
            return true;
        }
        bool endsInVowel = first is >= SyllableBase and < SyllableBase + SyllableCount && (first - SyllableBase) % TrailCount == 0;
        if (endsInVowel && second is > TrailBase and < TrailBase + TrailCount)
        {
            composed = first + second - TrailBase;
            return true;
        }
        return CanonicalMappings.Instance.TryCompose(first, second, out composed);
    }
}
