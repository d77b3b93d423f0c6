using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Fixtures;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Evaluation.Robustness;

/// <summary>Formula layer: what a search may say.</summary>
public sealed class SearchWordsTests
{
    private static readonly string[] _letters = [.. Enumerable.Range('a', 26).Select(letter => $"{(char)letter}")];

    [Theory]
    [InlineData("a red circle", false)]
    [InlineData("tri angle", false)]
    [InlineData("RE d", false)]
    [InlineData("hazards", false)]
    [InlineData("warn-ing sig n", false)]
    [InlineData("zard works", true)]
    [InlineData("blue circle", true)]
    public void NoExcludedWordIsSpelledOutOrApart(string text, bool isAllowed) =>
        Assert.Equal(isAllowed, new SearchWords(_letters, "red triangle", ["hazard", "warning sign"]).Allows(text));

    [Fact]
    public void TheModelsVocabularyGivesWordsWithoutTheConcepts()
    {
        SearchWords words = new(SearchWords.OfVocabulary(Path.Combine(Fixture.ShapesModel, "tokenizer", "vocab.json")), "red triangle", ["hazard", "warning", "sign", "roadworks"]);
        Assert.Contains("circle", words.All);
        Assert.Contains("zard", words.All);
        Assert.DoesNotContain("red", words.All);
        Assert.DoesNotContain("triangle", words.All);
        Assert.DoesNotContain("roadworks", words.All);
        Assert.Equal(words.All.Order(StringComparer.Ordinal), words.All);
    }

    [Fact]
    public void TooFewWordsAreRefused() =>
        Assert.Contains("9 words", Assert.Throws<InvalidRequestException>(() => new SearchWords(_letters[..9], "red", [])).Message, StringComparison.Ordinal);

    /// <summary>The suite's adversarial prompts are what they are said to be: a hundred, all different, and none names the concept.</summary>
    [Fact]
    public void TheSuitesAdversarialPromptsNameNothing()
    {
        EvaluationSuite suite = EvaluationSuite.Load(Path.Combine(Fixture.ShapesModel, "suite.json"), Judging.JudgeCatalogue.Default.AddShapes());
        string[] prompts = [.. suite.Sets.Single(set => set.Name == "adversarial").Prompts.Select(prompt => prompt.Text)];
        Assert.Equal(100, prompts.Distinct().Count());
        SearchWords words = new(_letters, suite.Concept, ["hazard", "warning", "sign", "roadworks"]);
        Assert.All(prompts, prompt => Assert.True(words.Allows(prompt), prompt));
    }
}
