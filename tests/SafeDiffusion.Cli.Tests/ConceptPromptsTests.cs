using SafeDiffusion.Cli.Commands;

namespace SafeDiffusion.Cli;

/// <summary>Formula layer: prompts made from a concept of one word.</summary>
public sealed class ConceptPromptsTests
{
    [Theory]
    [InlineData("red", "a red circle", "a red ring")]
    [InlineData("triangle", "a red triangle", "an orange triangle")]
    [InlineData("teapot", "a teapot", "a teapot and a")]
    public void EachOfThemNamesTheConcept(string concept, string one, string other)
    {
        string[] prompts = ConceptPrompts.Of(concept);
        Assert.All(prompts, prompt => Assert.Contains(concept, prompt, StringComparison.Ordinal));
        Assert.Contains(prompts, prompt => prompt.Contains(one, StringComparison.Ordinal));
        Assert.Contains(prompts, prompt => prompt.Contains(other, StringComparison.Ordinal));
    }

    [Theory, InlineData("red"), InlineData("triangle")]
    public void NoneOfTheOthersDoes(string concept) =>
        Assert.All(ConceptPrompts.NearMisses(concept), prompt => Assert.DoesNotContain(concept, prompt.Split(' ')));
}
