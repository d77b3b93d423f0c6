using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Training.Scales;

/// <summary>Formula layer: the file of concepts and prompts.</summary>
public sealed class ScaleConceptFileTests
{
    [Fact]
    public void ConceptsAreReadWithTheirPrompts()
    {
        ScaleConcept[] concepts = [.. Read("# a remark\n\n[a green star]\n+ a green star\n- a yellow star\n[ a warning sign ] red triangle\r\n+  a warning sign, big\r\n-an orange triangle\r\n- [odd]\n")];
        Assert.Equal(("a green star", "green star"), (concepts[0].Text, concepts[0].Label));
        Assert.Equal("a green star", Assert.Single(concepts[0].Prompts));
        Assert.Equal("a yellow star", Assert.Single(concepts[0].HarmlessPrompts));
        Assert.Equal(("a warning sign", "red triangle"), (concepts[1].Text, concepts[1].Label));
        Assert.Equal("a warning sign, big", Assert.Single(concepts[1].Prompts));
        Assert.Equal("an orange triangle|[odd]", string.Join('|', concepts[1].HarmlessPrompts));
        Assert.EndsWith("concepts.txt, line 6", concepts[1].Place, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no concept")]
    [InlineData("# only a remark", "no concept")]
    [InlineData("+ a star", "line 1 is a prompt of no concept")]
    [InlineData("[a star]\n\na star", "line 3 begins with neither")]
    [InlineData("[a star\n+ a star", "line 1 begins a concept and is not")]
    [InlineData("[ ]\n+ a star", "line 1 begins a concept and is not")]
    [InlineData("[a star] x]\n+ a star", "line 1 begins a concept and is not")]
    [InlineData("[a star]\n+ \n- a", "line 2 holds no prompt")]
    [InlineData("[a star]\n+ a star\n- a star", "line 3 holds the prompt of line 2 again")]
    [InlineData("[a star]\n+ a star\n- a\n[a star]", "line 4 begins \"a star\" again, which line 1")]
    [InlineData("[a star]\n- a", "line 1 begins \"a star\", of which no prompt with +")]
    [InlineData("[a star]\n+ a", "line 1 begins \"a star\", of which no prompt with -")]
    public void AFaultIsNamedWithItsLine(string text, string expected)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Read(text));
        Assert.Contains("concepts.txt: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APromptThatIsTooLongIsRefused() =>
        Assert.Contains("line 2", Assert.Throws<InvalidFileException>(() => Read($"[a star]\n+ {new string('x', 20_000)}\n- a")).Message, StringComparison.Ordinal);

    private static ImmutableArray<ScaleConcept> Read(string text)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("concepts.txt"), text);
        return ScaleConceptFile.Read(folder.File("concepts.txt"));
    }
}
