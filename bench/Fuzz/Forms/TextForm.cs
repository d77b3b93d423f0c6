using System.Runtime.InteropServices;
using System.Text;

namespace Fuzz.Forms;

/// <summary>Text of UTF-16 units: pieces of other texts, of many scripts, long repetitions, halves of pairs.</summary>
internal sealed class TextForm : IForm
{
    private static readonly string[] _pieces =
    [
        " ", "\n", "\t", "\0", "\u00a0", "\u200b", "\ufeff", "\ufffd", "\ud800", "\udc00", "😀", "👨‍👩‍👧", "e\u0301", "\u0301", "ﬁ", "Å", "ß", "İ", "猫", "한국어", "مرحبا", "\u202e", "𝔸", "\U0001d15e", "\U0010ffff",
        "'s", "'", "...", "!!", "123", "½", "²", "<|startoftext|>", "<|endoftext|>", "<|endoftext", "|>", "(red:1.3)", "BREAK", "<lora:x:1>", "[", "]", "\\(", "(((", "a", "the",
    ];

    public static TextForm Instance { get; } = new();

    public static byte[] BytesOf(string text) => Encoding.Unicode.GetBytes(text);

    public static string TextOf(byte[] bytes) => new(MemoryMarshal.Cast<byte, char>(bytes));

    public byte[] Change(Random random, byte[] input, byte[] other)
    {
        string text = TextOf(input), theirs = TextOf(other);
        int place = random.Next(text.Length + 1);
        string piece = random.Next(5) switch
        {
            0 => theirs[random.Next(theirs.Length + 1)..],
            1 => string.Concat(Enumerable.Repeat(random.Pick(_pieces), 1 + random.Skewed(500))),
            2 => $"{(char)random.Next(0x10000)}",
            _ => random.Pick(_pieces),
        };
        int rest = random.OneIn(3) ? Math.Min(text.Length, place + random.Skewed(20)) : place;
        return BytesOf(text[..place] + piece + text[rest..]);
    }
}
