using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: Unicode normalisation form C, against the standard's own examples.</summary>
public sealed class CanonicalCompositionTests
{
    [Theory]
    [InlineData("plain ASCII and caf\u00E9", "plain ASCII and caf\u00E9")]
    [InlineData("cafe\u0301", "caf\u00E9")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("s\u0307\u0323", "\u1E69")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u2ADC", "\u2ADD\u0338")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\u1112\u1161", "\uD558")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("\uD55C", "\uD55C")]
    [InlineData("\uD55C\u11AB", "\uD55C\u11AB")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\uFB1D", "\u05D9\u05B4")]
    [InlineData("\u0061\u0304\u0061\u0304", "\u0101\u0101")]
    public void GivesFormC(string text, string expected) => Assert.Equal(expected, CanonicalComposition.Normalize(text));

    [Fact]
    public void ALoneSurrogateIsReplaced() => Assert.Equal("a\uFFFD", CanonicalComposition.Normalize("a\uD834"));

    /// <summary>Why .NET's own is not used. Without ICU it does nothing, and with it the Unicode version is the machine's.</summary>
    [Fact]
    public void DotnetStillLeavesTextAsItIsWhereGlobalizationIsInvariant()
    {
        Assert.True(AppContext.TryGetSwitch("System.Globalization.Invariant", out bool isInvariant) && isInvariant);
        Assert.Equal("cafe\u0301", "cafe\u0301".Normalize());
    }
}
