using SafeDiffusion.Cli.Output;

namespace SafeDiffusion.Cli;

/// <summary>Formula layer: rows of a table that is too wide, by hand.</summary>
public sealed class StackedRowsTests
{
    [Fact]
    public void ARowIsItsNameAndWhatItsColumnsSay()
    {
        string[] lines = [.. StackedRows.Lines(["policy", "shown", "", "explicit:\nkept"], [["SLD", "5 %", "free", ""], ["none", "100 %", "", "1 of\n2"]], 30)];
        Assert.Equal(["SLD", "  shown: 5 %; free", "none", "  shown: 100 %", "  explicit kept: 1 of 2"], lines);
    }

    /// <summary>A line is broken at a space, else after a mark that parts a name, else where it must; nothing is lost.</summary>
    [Fact]
    public void WhatIsLongerThanALineIsBroken()
    {
        string[] lines = [.. StackedRows.Lines(["#", "layer"], [["0", "blocks.0.attention/transformer_x and abcdefghijklmnopqrstuvwxyz"]], 20)];
        Assert.Equal(["#0", "  layer:", "    blocks.0.", "    attention/", "    transformer_x", "    and", "    abcdefghijklmnop", "    qrstuvwxyz"], lines);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(33)]
    [InlineData(60)]
    public void NoLineIsLongerAndNothingIsLost(int width)
    {
        string[] cells = [.. Enumerable.Range(0, 40).Select(i => new string((char)('a' + i % 26), i) + (i % 3 == 0 ? "/" : " ") + new string('x', 40 - i))];
        string[] lines = [.. StackedRows.Lines([.. cells.Select((_, i) => $"c{i}")], [cells], width)];
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        string expected = string.Concat(cells.Select((cell, i) => i == 0 ? cell : $"c{i}:{cell}"));
        Assert.Equal(Plain(expected), Plain(string.Concat(lines)));

        static string Plain(string text) => string.Concat(text.Where(letter => letter is not (' ' or ';')));
    }
}
