namespace SafeDiffusion.Core.Imaging;

/// <summary>Letters of five by seven pixels, in capitals, for labels on sheets; what it does not have is a hollow box.</summary>
internal static class PixelFont
{
    public const int Width = 5;
    public const int Height = 7;

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-/%#()=+'_";

    /// <summary>A glyph a letter, in the letters' order: its rows from the top, bit 4 at the left.</summary>
    private static readonly byte[] _rows = Convert.FromHexString(string.Concat(
        "0E11111F111111", "1E11111E11111E", "0E11101010110E", "1C12111111121C", "1F10101E10101F", "1F10101E101010", "0E11101711110F",
        "1111111F111111", "0E04040404040E", "0702020202120C", "11121418141211", "1010101010101F", "111B1515111111", "11111915131111",
        "0E11111111110E", "1E11111E101010", "0E11111115120D", "1E11111E141211", "0F10100E01011E", "1F040404040404", "1111111111110E",
        "11111111110A04", "1111111515150A", "11110A040A1111", "1111110A040404", "1F01020408101F",
        "0E11131519110E", "040C040404040E", "0E11010204081F", "1F02040201110E", "02060A121F0202", "1F101E0101110E", "0608101E11110E",
        "1F010204080808", "0E11110E11110E", "0E11110F01020C",
        "00000000000000", "00000000000C0C", "000000000C0408", "000C0C000C0C00", "0000001F000000", "00010204081000", "18190204081303",
        "0A0A1F0A1F0A0A", "02040808080402", "08040202020408", "00001F001F0000", "0004041F040400", "0C040800000000", "0000000000001F"));

    private static readonly byte[] _box = Convert.FromHexString("1F11111111111F");

    /// <summary>Whether a letter's glyph covers a pixel, <c>0 &lt;= x &lt; Width</c>, <c>0 &lt;= y &lt; Height</c>.</summary>
    public static bool Covers(char letter, int x, int y)
    {
        int index = Letters.IndexOf(char.ToUpperInvariant(letter), StringComparison.Ordinal);
        int row = index < 0 ? _box[y] : _rows[index * Height + y];
        return (row >> (Width - 1 - x) & 1) == 1;
    }
}
