using SafeDiffusion.Core.Files;

namespace SafeDiffusion.Files;

/// <summary>Formula layer: nothing that a terminal would obey, or that hides, gets through.</summary>
public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("\u001b[2J\u001b]0;owned\u0007x", "[U+001B][2J[U+001B]]0;owned[U+0007]x")]
    [InlineData("a\nb\rc\td", "a[U+000A]b[U+000D]c[U+0009]d")]
    [InlineData("\u007f\u0085\u009b31m", "[U+007F][U+0085][U+009B]31m")]
    [InlineData("\u202a\u202e\u2066\u2069\u200e", "[U+202A][U+202E][U+2066][U+2069][U+200E]")]
    [InlineData("\u2028\u2029\u200b\ufeff", "[U+2028][U+2029][U+200B][U+FEFF]")]
    [InlineData("ein Häuschen 家 👩‍🌾", "ein Häuschen 家 👩‍🌾")]
    public void CharactersThatActAreShown(string text, string expected) => Assert.Equal(expected, VisibleText.Of(text));

    [Fact]
    public void HalfACharacterIsShown() => Assert.Equal("[U+D800]a[U+DC00]", VisibleText.Of("\ud800a\udc00"));

    [Fact]
    public void LinesStayWhereTheyMay() => Assert.Equal("a\nb[U+001B]\nc", VisibleText.OfLines("a\nb\u001b\r\nc"));
}
