using System.Text;

namespace Fuzz.Forms;

/// <summary>Lines, each of a form of its own: one is changed, taken out, doubled or moved.</summary>
internal sealed class LinesForm(IForm line) : IForm
{
    private static readonly string[] _breaks = ["\n", "\r\n", "\r", "\n\n", "\u2028", "\0", "\t", " "];

    public byte[] Change(Random random, byte[] input, byte[] other)
    {
        string[] lines = Encoding.Latin1.GetString(input).Split('\n');
        int at = random.Next(lines.Length);
        switch (random.Next(6))
        {
            case 0: return Join([.. lines[..at], .. lines[(at + 1)..]]);
            case 1: return Join([.. lines[..at], lines[at], .. lines[at..]]);
            case 2: return Join([.. lines[..at], random.Pick(Encoding.Latin1.GetString(other).Split('\n')), .. lines[at..]]);
            case 3: return Join([.. lines[..at], lines[at] + random.Pick(_breaks.Select(text => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text))).ToArray()), .. lines[(at + 1)..]]);
            default:
                lines[at] = Encoding.Latin1.GetString(line.Change(random, Encoding.Latin1.GetBytes(lines[at]), Encoding.Latin1.GetBytes(random.Pick(lines))));
                return Join(lines);
        }
    }

    private static byte[] Join(string[] lines) => Encoding.Latin1.GetBytes(string.Join('\n', lines));
}
