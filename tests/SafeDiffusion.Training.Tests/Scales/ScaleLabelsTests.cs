using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Training.Scales.Labelling;

namespace SafeDiffusion.Training.Scales;

/// <summary>Formula layer: the CSV that a person fills in.</summary>
public sealed class ScaleLabelsTests
{
    private const string DrawnWith = "model 0123; scales 0 2 5";

    private static readonly (string, string, long)[] _series = [("a star", "a \"big\" star, green", 7), ("a star", "a star", -8), ("a ring", "a star", 9)];

    [Fact]
    public void WhatIsFilledInIsRead()
    {
        string template = ScaleLabels.Template(DrawnWith, _series);
        string[] scales = ["2.5", "?", "0"];
        string[] lines = template.TrimEnd('\n').Split('\n');
        ScaleLabels labels = Load(string.Join("\r\n", lines.Select((line, i) => i < 2 ? line : line + scales[i - 2])));
        labels.Require(DrawnWith, _series, 5);
        Assert.Equal([2.5f, null, 0f], _series.Select(series => labels.Of(series.Item1, series.Item2, series.Item3)));
    }

    /// <summary>As spreadsheets save it: quotation marks around every field, commas behind the first line.</summary>
    [Fact]
    public void ASpreadsheetsWayOfWritingIsRead()
    {
        ScaleLabels labels = Load($"# {DrawnWith},,,\nconcept,prompt,seed,scale\n\"a star\",\"a \"\"big\"\" star, green\",\"7\",\"5\"\n");
        labels.Require(DrawnWith, _series[..1], 5);
        Assert.Equal(5, labels.Of("a star", "a \"big\" star, green", 7));
    }

    [Fact]
    public void TheTemplateItselfIsRefusedByItsFirstEmptyScale() =>
        Refuses(ScaleLabels.Template(DrawnWith, _series), "line 3 has no scale");

    [Theory]
    [InlineData("", "line 1 does not say")]
    [InlineData("concept,prompt,seed,scale\na,b,1,2", "line 1 does not say")]
    [InlineData("# x\nprompt,concept,seed,scale", "line 2 is not")]
    [InlineData("# x\nconcept,prompt,seed,scale\na,b,1", "line 3 has not the four fields")]
    [InlineData("# x\nconcept,prompt,seed,scale\na,b,1,2,5", "line 3 has not the four fields")]
    [InlineData("# x\nconcept,prompt,seed,scale\na,\"b,1,2", "line 3 has not the four fields")]
    [InlineData("# x\nconcept,prompt,seed,scale\na,b,1.5,2", "line 3 has the seed '1.5'")]
    [InlineData("# x\nconcept,prompt,seed,scale\na,b,1,-2", "line 3 has the scale '-2'")]
    [InlineData("# x\nconcept,prompt,seed,scale\na,b,1,NaN", "line 3 has the scale 'NaN'")]
    [InlineData("# x\nconcept,prompt,seed,scale\na,b,1,2\n\na,b,1,3", "line 5 is of the same concept, prompt and seed as line 3")]
    public void AFaultIsNamedWithItsLine(string text, string expected) => Refuses(text, expected);

    [Theory]
    [InlineData("model 9", 3, 5, "drawn with model 0123")]
    [InlineData(DrawnWith, 2, 5, "line 5 belongs to \"a ring\"")]
    [InlineData(DrawnWith, 3, 3, "line 3 has scale 4")]
    public void LabelsOfOtherPicturesAreRefused(string drawnWith, int series, float largest, string expected)
    {
        ScaleLabels labels = Load(ScaleLabels.Template(DrawnWith, _series).Replace(",\n", ",4\n", StringComparison.Ordinal));
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => labels.Require(drawnWith, _series[..series], largest)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASeriesWithoutALineIsRefused()
    {
        ScaleLabels labels = Load($"# {DrawnWith}\nconcept,prompt,seed,scale\na star,a star,-8,4\n");
        Assert.Contains("no line for \"a star\"", Assert.Throws<InvalidFileException>(() => labels.Require(DrawnWith, _series, 5)).Message, StringComparison.Ordinal);
    }

    private static void Refuses(string text, string expected) =>
        Assert.Contains($"labels.csv: {expected}", Assert.Throws<InvalidFileException>(() => Load(text)).Message, StringComparison.Ordinal);

    private static ScaleLabels Load(string text)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("labels.csv"), text);
        return ScaleLabels.Load(folder.File("labels.csv"));
    }
}
