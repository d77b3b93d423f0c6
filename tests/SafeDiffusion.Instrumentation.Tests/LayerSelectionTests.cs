using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;

namespace SafeDiffusion.Instrumentation;

/// <summary>Formula layer: a selection's text reads as the same selection.</summary>
public sealed class LayerSelectionTests
{
    [Theory]
    [InlineData("all", "all")]
    [InlineData(" all ", "all")]
    [InlineData("4, 2,2", "2,4")]
    [InlineData("#3,#0", "#0,#3")]
    [InlineData("mid.attn2,down.0.attn2", "down.0.attn2,mid.attn2")]
    [InlineData("2,mid.attn2", @"\2,mid.attn2")]
    [InlineData(@"\all", @"\all")]
    [InlineData(@"a\,b", @"a\,b")]
    public void TextIsCanonical(string text, string expected)
    {
        LayerSelection selection = LayerSelection.Parse(text);
        Assert.Equal(expected, selection.Text);
        Assert.Equal(selection, LayerSelection.Parse(selection.Text));
    }

    [Fact]
    public void EveryTextReadsBackAsItsSelection()
    {
        Gen<string> names = Gen.Elements("all", "0", "12", "#3", "#", "a,b", @"a\", @"\\,", ",", "down.0", "mid attn").Or(
            Gen.ArrayOf(Gen.Elements('a', '1', '#', ',', '\\', '.'), 4).Select(letters => new string(letters)));
        Properties.ForAll(Gen.NonEmptyListOf(names), chosen =>
        {
            LayerSelection selection = LayerSelection.ByName([.. chosen]);
            LayerSelection read = LayerSelection.Parse(selection.Text);
            Assert.Equal(selection, read);
            // The words are made of the names themselves, not of their text.
            Assert.Equal(selection.ToString(), read.ToString());
            Assert.Equal(selection.GetHashCode(), read.GetHashCode());
        }, count: 1000);
        Properties.ForAll(Gen.NonEmptyListOf(Gen.Choose(0, 70)), numbers =>
        {
            Assert.Equal(LayerSelection.ByGrid([.. numbers]), LayerSelection.Parse(LayerSelection.ByGrid([.. numbers]).Text));
            Assert.Equal(LayerSelection.ByIndex([.. numbers]), LayerSelection.Parse(LayerSelection.ByIndex([.. numbers]).Text));
        });
    }

    [Fact]
    public void SelectionsThatSayOtherThingsAreNotEqual()
    {
        LayerSelection[] all = [LayerSelection.All, LayerSelection.Detection, LayerSelection.ByIndex(2, 4), LayerSelection.ByName("2", "4"), LayerSelection.ByName("all")];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.True(LayerSelection.ByName("b", "a", "a") == LayerSelection.ByName("a", "b"));
    }

    [Fact]
    public void ASelectionOfNothingIsRefused()
    {
        Assert.Throws<FormatException>(() => LayerSelection.Parse(" , "));
        Assert.Throws<ArgumentException>(() => LayerSelection.ByGrid());
        Assert.Throws<ArgumentException>(() => LayerSelection.ByGrid(-2));
        Assert.Throws<ArgumentException>(() => LayerSelection.ByIndex(-1));
        Assert.Throws<ArgumentException>(() => LayerSelection.ByName());
        Assert.Throws<ArgumentException>(() => LayerSelection.ByName("a", " "));
    }
}
