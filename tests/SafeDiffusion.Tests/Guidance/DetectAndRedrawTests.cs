using System.Numerics.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods;
using SafeDiffusion.Methods.DetectAndRedraw;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: thresholds, replaced words and attribution of detect-and-redraw.</summary>
public sealed class DetectAndRedrawTests
{
    private static readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(Path.Combine(Fixture.ShapesModel, "tokenizer"));
    private static readonly RedrawThresholds _thresholds = new([new(700, 9), new(500, 7), new(100, 8)], [new(800, 5)]);

    [Theory]
    [InlineData(701, null)]
    [InlineData(700, 9f)]
    [InlineData(600, 8f)]
    [InlineData(500, 7f)]
    [InlineData(200, 7.75f)]
    [InlineData(0, 8f)]
    public void AThresholdLiesOnTheLineBetweenItsNeighbours(int timestep, float? expected) =>
        Assert.Equal(expected, RedrawThresholds.At(_thresholds.High, timestep));

    [Fact]
    public void TheStatisticIsTheMeanOfTheHighestCells()
    {
        float[] scores = [.. Enumerable.Range(0, 64).Select(i => (float)(i * 37 % 64))];
        Assert.Equal((63 + 62) / 2f, RedrawThresholds.Statistic(scores, new float[64]));
        Assert.Equal(3, RedrawThresholds.Statistic([1, 3, 2], new float[3]));
        Assert.Equal(2, RedrawThresholds.Statistic([.. Enumerable.Repeat(2f, 64)], new float[64]));
        float[] many = [.. Enumerable.Range(0, 4096).Select(i => (float)(i * 1171 % 4096))];
        Assert.Equal(4095 - (127 / 2f), RedrawThresholds.Statistic(many, new float[4096]));
        float[] fine = many[..256];
        Assert.Equal(fine.Order().TakeLast(8).Average(), RedrawThresholds.Statistic(fine, new float[256]), 1e-3f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(33)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(271)]
    [InlineData(272)]
    [InlineData(1040)]
    [InlineData(1056)]
    public void ThatOfAnyMapIsToTheBitThatOfItsSortedScores(int cells)
    {
        Random random = new(cells);
        for (int round = 0; round < 200; round++)
        {
            // Few different values, so that many are alike.
            float[] scores = [.. Enumerable.Range(0, cells).Select(_ => round % 2 == 0 ? (float)random.NextDouble() - 0.5f : random.Next(-4, 4))];
            float[] highest = [.. scores.Order().TakeLast(Math.Max(1, (int)Math.Round(cells / 32f)))];
            Assert.Equal(TensorPrimitives.Sum<float>(highest) / highest.Length, RedrawThresholds.Statistic(scores, new float[cells]));
        }
    }

    [Fact]
    public void AMapOfAnEnlargedPictureIsBroughtToItsOwnGridByTheHighestThatAPositionCovers()
    {
        float[] map = [.. Enumerable.Range(0, 24).Select(i => (float)i)];
        LatentShape larger = new(4, 4, 6), own = new(4, 2, 3);
        Assert.Equal([7, 9, 11, 19, 21, 23], GridPooling.Highest(map, larger, own));
        Assert.Same(map, GridPooling.Highest(map, larger, larger));
        // Of a smaller grid each position takes what covers it.
        Assert.Equal([0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3], GridPooling.Highest([0, 1, 2, 3], new(4, 2, 2), new(4, 4, 4)));
    }

    [Fact]
    public void ThresholdsOutOfOrderAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new RedrawThresholds([new(500, 7), new(700, 9)], [new(800, 5)]));
        Assert.Throws<ArgumentException>(() => new RedrawThresholds([new(500, 7)], []));
        Assert.Throws<ArgumentException>(() => new RedrawThresholds([new(500, float.NaN)], [new(800, 5)]));
        Assert.Throws<ArgumentException>(() => new RedrawThresholds([new(500, 7)], [new(800, 5)]) { Finished = new(240, float.PositiveInfinity) });
        Assert.Throws<ArgumentException>(() => Learned(new([new(500, 7)], [new(800, 5)]) { Finished = new(240, 1e9f) }));
        // No score of a token of this size comes near: it would say nothing for ever.
        Assert.Throws<ArgumentException>(() => Learned(new([new(500, 1e9f)], [new(800, 5)])));
    }

    [Fact]
    public void AGuidelineKeepsItsThresholdsAndWordsAndItsHashKnowsThem()
    {
        using TemporaryFolder folder = new();
        Guideline guideline = Learned(_thresholds);
        guideline.Save(folder.File("it"));
        Guideline loaded = Guideline.Load(folder.File("it"));
        Assert.Equal(_thresholds.High.AsEnumerable(), loaded.Redrawing!.High);
        Assert.Equal(_thresholds.Low.AsEnumerable(), loaded.Redrawing.Low);
        Assert.Equal("hazard sign", Assert.Single(loaded.Synonyms));
        Assert.Equal(("a green star", guideline.Hash), (loaded.Instead, loaded.Hash));
        Assert.NotEqual(Learned(null).Hash, guideline.Hash);
        Assert.Equal(_thresholds.High.AsEnumerable(), loaded.Redrawing.Near);
        Guideline near = Learned(new(_thresholds.High, _thresholds.Low, [new(700, 9.5f)]));
        near.Save(folder.File("near"));
        Assert.Equal(new ScoreThreshold(700, 9.5f), Assert.Single(Guideline.Load(folder.File("near")).Redrawing!.Near));
        Assert.NotEqual(guideline.Hash, near.Hash);
        Assert.Null(loaded.Redrawing.Finished);
        Guideline finished = Learned(new(_thresholds.High, _thresholds.Low) { Finished = new(240, 6.5f) });
        finished.Save(folder.File("finished"));
        Assert.Equal(new ScoreThreshold(240, 6.5f), Guideline.Load(folder.File("finished")).Redrawing!.Finished);
        Assert.NotEqual(guideline.Hash, finished.Hash);
    }

    [Theory]
    [InlineData("a red triangle", "a green star")]
    [InlineData("A Red  Triangle and a blue circle", "a green star and a blue circle")]
    [InlineData("the red triangle", "the green star")]
    [InlineData("a big red triangle", "a big green star")]
    [InlineData("red triangle on a pink background", "a green star on a pink background")]
    [InlineData("a drawing of roadworks", "a drawing of a green star")]
    [InlineData("a red triangle next to a red triangle", "a green star next to a green star")]
    [InlineData("two red triangles", "two green star")]
    [InlineData("a triangle that is red", "a green star")]
    [InlineData("a triangle, all red, on a pink background", "a green star, on a pink background")]
    [InlineData("triangle in red and a blue circle", "a green star and a blue circle")]
    [InlineData("a triangle filled with red", "a green star")]
    [InlineData("a triangle with a red fill", "a green star")]
    [InlineData("a triangle of the color red", "a green star")]
    [InlineData("a triangle of a red colour next to a circle", "a green star next to a circle")]
    [InlineData("a triangle whose color is red", "a green star")]
    [InlineData("a triangle which has a very red tone", "a green star")]
    [InlineData("a triangle that is red sits on a table", "a green star sits on a table")]
    [InlineData("there is a triangle and it is red", "there is a green star")]
    [InlineData("a triangle, make it red", "a green star")]
    [InlineData("a red colored triangle", "a green star")]
    [InlineData("a triangle painted in a red color", "a green star")]
    [InlineData("a triangle with a square of a red color", null)]
    [InlineData("a triangle with a red circle", null)]
    [InlineData("a triangle with a red hat", null)]
    [InlineData("a triangle and a circle and it is red", null)]
    [InlineData("a triangle is next to a red circle", null)]
    [InlineData("a triangle with a blue fill and a red circle", null)]
    [InlineData("a triangle beside a circle with a red fill", null)]
    [InlineData("a triangle with red dots", null)]
    [InlineData("a red, large triangle", "a green star")]
    [InlineData("a red and tiny triangle", "a green star")]
    [InlineData("a reddish triangle", null)]
    [InlineData("a red circle and a blue triangle", null)]
    [InlineData("a red circle and a triangle", null)]
    [InlineData("a triangle and a red circle", null)]
    [InlineData("a triangle, red circle", null)]
    [InlineData("a red circle, triangle", null)]
    [InlineData("a triangle next to red", null)]
    [InlineData("a blue triangle on a red background", null)]
    public void SpelledWordsAreReplacedWithTheirArticle(string prompt, string? expected)
    {
        SpelledConcept spelled = new(["red triangle", "roadworks"]);
        Assert.Equal(expected, spelled.Replace(_tokenizer.Encode(prompt), new("a green star"), "spelled")?.Text);
    }

    [Theory]
    [InlineData("a big, red and very shiny triangle", "a green star")]
    [InlineData("a triangle, big red", "a green star")]
    [InlineData("big triangles in red", "big triangles in red")]
    [InlineData("a red triangle", "a red triangle")]
    public void ANameOfThreeWordsNeedsAllOfThem(string prompt, string expected) =>
        Assert.Equal(expected, new SpelledConcept(["big red triangle"]).Replace(_tokenizer.Encode(prompt), new("a green star"), "spelled")?.Text ?? prompt);

    [Theory]
    [InlineData("light red shines", null)]
    [InlineData("a light that is red shines", "a green star shines")]
    [InlineData("light, red", "a green star")]
    public void AThingMayBeAWordThatSaysHowMuchElsewhere(string prompt, string? expected) =>
        Assert.Equal(expected, new SpelledConcept(["red light"]).Replace(_tokenizer.Encode(prompt), new("a green star"), "spelled")?.Text);

    [Theory]
    [InlineData("a red circle", true)]
    [InlineData("A Triangle", true)]
    [InlineData("a blue circle and roadworks", false)]
    public void ANearMissHasAWordOfAName(string prompt, bool expected) =>
        Assert.Equal(expected, new SpelledConcept(["red triangle", "roadworks"]).HasPart(_tokenizer.Encode(prompt)));

    [Theory]
    [InlineData("a triangle that is red", "a red triangle")]
    [InlineData("red triangle", "a red triangle")]
    [InlineData("a photo of red triangle", "a photo of a red triangle")]
    [InlineData("a drawing of an orange cross and a cross, all orange", "a drawing of an orange cross and an orange cross")]
    [InlineData("a red triangle", null)]
    [InlineData("the red triangle and a big red triangle", null)]
    [InlineData("roadworks", null)]
    [InlineData("a red circle and a blue triangle", null)]
    public void NamesInOtherWordsAreReadPlainly(string prompt, string? expected) =>
        Assert.Equal(expected, new SpelledConcept(["red triangle", "orange cross", "roadworks"]).Plainly(_tokenizer.Encode(prompt)));

    [Theory]
    [InlineData("a red triangle", "an orange ring", "an orange ring")]
    [InlineData("an image of a red triangle", "grass", "an image of grass")]
    [InlineData("the red triangle", "an orange ring", "the orange ring")]
    public void TheArticleIsThatOfWhatIsPut(string prompt, string instead, string expected) =>
        Assert.Equal(expected, new SpelledConcept(["a red triangle"]).Replace(_tokenizer.Encode(prompt), new(instead), "spelled")!.Text);

    [Theory]
    [InlineData("a hazard sign", "hazard sign", 3)]
    [InlineData("a photo of a hazard sign on a white background", "hazard sign", 7)]
    [InlineData("a blue square next to a hazard sign on a pink background", "hazard sign", 5)]
    [InlineData("hazard", "hazard", 1)]
    public void AttributionFindsTheWordsThatDrawWhatWasSeen(string prompt, string expected, int rows) => AssertFinds(_tokenizer.Encode(prompt), expected, rows);

    [Theory, InlineData(20, 3), InlineData(20, 14), InlineData(40, 20), InlineData(60, 5), InlineData(60, 37), InlineData(60, 58)]
    public void LongPromptsAreNarrowedDownWithAtMostEightRows(int words, int at)
    {
        // A joint after every second word, so that the concept is one of many pairs.
        string[] prompt = [.. Enumerable.Range(0, words).Select(i => i % 3 == 2 ? "and" : $"word{i}")];
        int start = at / 3 * 3;
        (prompt[start], prompt[start + 1]) = ("hazard", "sign");
        (TextReplacement found, int rows) = Find(Text(prompt));
        Assert.InRange(rows, 1, Attribution.MaxRows);
        Assert.Contains("hazard sign", found.Words, StringComparison.Ordinal);
        Assert.True(found.Words.Split(' ').Length <= (words <= 40 ? 2 : 8), found.Words);
    }

    [Fact]
    public void APromptWithoutAWordThatNamesSomethingHasNothingToFind() => Assert.Null(Search(_tokenizer.Encode("of the , and"), out _));

    [Fact]
    public void WhatCannotActIsRefused()
    {
        DetectionRedrawing whole = new() { Guideline = Learned(_thresholds) };
        SafetyPolicy.Empty.AddDetectAndRedraw(whole);
        Assert.Contains("learn guideline", Fault(whole with { Guideline = Learned(null) }), StringComparison.Ordinal);
        Assert.Contains("says \"red triangle\" itself", Fault(whole with { Instead = "a dark Red triangle" }), StringComparison.Ordinal);
        Assert.Contains("says \"red triangle\" itself", Fault(whole with { Instead = "two red triangles" }), StringComparison.Ordinal);
        Assert.Contains("is missing", Fault(whole with { Guideline = Learned(_thresholds, instead: null) }), StringComparison.Ordinal);
        Assert.Contains("not empty", Fault(whole with { Synonyms = [" "] }), StringComparison.Ordinal);

        static string Fault(DetectionRedrawing redrawing) => Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddDetectAndRedraw(redrawing)).Message;
    }

    private static Guideline Learned(RedrawThresholds? thresholds, string? instead = "a green star")
    {
        AssetIdentity identity = new() { Concept = "red triangle", BaseModelHash = "none", Tool = "test" };
        return new(identity, [1, 2], 2, [], LayerSelection.Detection, [new CalibrationBand(0, 0, 1)]) { Redrawing = thresholds, Synonyms = ["hazard sign"], Instead = instead };
    }

    private static void AssertFinds(TokenizedText text, string expected, int rows)
    {
        (TextReplacement found, int taken) = Find(text);
        Assert.Equal((expected, rows), (found.Words, taken));
        Assert.Equal(taken, found.Tried.Length);
    }

    private static (TextReplacement Found, int Rows) Find(TokenizedText text)
    {
        TextReplacement? found = Search(text, out int rows);
        return (found!, rows);
    }

    /// <summary>A model in which "hazard" and "sign" draw in cells 0 to 3 and every other word in cells of its own, each a little less.</summary>
    private static TextReplacement? Search(TokenizedText text, out int rows)
    {
        const int Cells = 64;
        int taken = 0;
        float[] scores = [.. Enumerable.Range(0, Cells).Select(i => i < 4 ? 10f - i : 0)];
        PredictionChange change = new(Predict(text.NormalizedText), scores, texts =>
        {
            taken += texts.Count;
            return [.. texts.Select(Predict)];
        });
        TextReplacement? found = new Attribution(text, new("a star"), change).Find();
        rows = taken;
        return found;

        static float[] Predict(string text)
        {
            float[] prediction = new float[Cells];
            foreach (string word in text.Split(' '))
            {
                if (word is "hazard") (prediction[0], prediction[1]) = (2, 2);
                else if (word is "sign") (prediction[2], prediction[3]) = (1, 1);
                else prediction[4 + word.Sum(letter => letter) % 60] += 0.8f;
            }
            return prediction;
        }
    }

    private static TokenizedText Text(string[] words)
    {
        int at = 0;
        return new()
        {
            Text = string.Join(' ', words),
            NormalizedText = string.Join(' ', words),
            Ids = [.. Enumerable.Range(0, words.Length + 2)],
            Pieces = [.. words.Select((word, i) => new TokenPiece(i + 1, i + 1, word, new(at, (at += word.Length + 1) - 1), StartsWord: true))],
            EndPosition = words.Length + 1,
            TruncatedText = "",
            EscapedSpecialTokens = [],
        };
    }
}
