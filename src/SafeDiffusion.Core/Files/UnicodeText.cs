using System.Buffers;
using System.Text;

namespace SafeDiffusion.Core.Files;

/// <summary>Texts that are to be written as UTF-8.</summary>
public static class UnicodeText
{
    /// <summary>Whether every half of a surrogate pair has its other half; one without would be lost in UTF-8.</summary>
    public static bool IsValid(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out _, out int length) != OperationStatus.Done) return false;
            i += length;
        }
        return true;
    }
}
