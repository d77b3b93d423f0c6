using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.TokenReweighting;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: which tokens of a prompt are re-weighted, by which factors; what the factors do in the graph is tested there.</summary>
public sealed class TokenReweightingTests
{
    private static readonly DenoisingStep _first = new(0, 999, 4);

    [Theory]
    // The start token, the words of the prompt, the end token.
    [InlineData("a red star", "red star", 0.25f, new[] { 1, 1, 0.25f, 0.25f, 1 })]
    [InlineData("RED star red", "red", 3f, new[] { 1, 3f, 1, 3, 1 })]
    [InlineData("red red red", "red red", 0.5f, new[] { 1, 0.5f, 0.5f, 0.5f, 1 })]
    public void TheTokensOfEveryOccurrenceAreScaled(string prompt, string word, float factor, float[] expected)
    {
        RowInputs edited = Edit(prompt, new WordFactor { Text = word, Factor = factor }, out InterventionOutcome outcome);
        Assert.Equal(expected, edited.TokenScales);
        Assert.Equal(InterventionOutcome.Acted(factor), outcome);
    }

    [Fact]
    public void FactorsOfWordsThatShareATokenAreMultiplied()
    {
        TokenReweighting reweighting = new() { Words = [new() { Text = "red star", Factor = 0.5f }, new() { Text = "star", Factor = 4 }, new() { Text = "ring" }] };
        AttentionInterventionState state = Begin(reweighting, "a red star");
        RowInputs before = new(Text("a red star")) { TokenScales = [1, 2, 2, 2, 1] };
        RowInputs edited = state.Edit(_first, before);
        float[] expected = [1, 2, 1, 4, 1];
        Assert.Equal(expected, edited.TokenScales);
        // A new object would be written to the UNet's buffers anew.
        Assert.Same(edited, state.Edit(_first, before));
        Assert.Equal("word does not occur: \"ring\"", state.Conclude(_first, null!).Reason);
        Assert.True(state.Conclude(_first, null!).HasActed);
    }

    [Theory]
    [InlineData("a ring", "star", 0f, "word does not occur")]
    [InlineData("red stars", "star", 0f, "word does not occur")]
    [InlineData("a star", "star", 1f, "factor is one")]
    public void WhatChangesNothingLeavesTheRowAndSaysWhy(string prompt, string word, float factor, string reason)
    {
        RowInputs row = new(Text(prompt));
        AttentionInterventionState state = Begin(new() { Words = [new() { Text = word, Factor = factor }] }, prompt);
        Assert.Same(row, state.Edit(_first, row));
        Assert.Equal(InterventionOutcome.NotActed(reason), state.Conclude(_first, null!));
    }

    [Fact]
    public void ItActsInItsWindow()
    {
        AttentionInterventionState state = Begin(new() { Words = [new() { Text = "star" }], StartStep = 1, EndStep = 3 }, "a star");
        RowInputs row = new(Text("a star"));
        Assert.Equal([true, false, false, true], Enumerable.Range(0, 4).Select(step => ReferenceEquals(row, state.Edit(new(step, 0, 4), row))));
        Assert.Equal(["outside window", null, null, "outside window"], Enumerable.Range(0, 4).Select(step => state.Conclude(new(step, 0, 4), null!).Reason));
        Assert.Equal(new StepWindow(1, 3), state.ActiveSteps);
    }

    [Fact]
    public void AWordThatIsFoundNowhereIsRefused()
    {
        string endless = string.Join(' ', Enumerable.Repeat("red", 100));
        Assert.Contains("longer", Assert.Throws<InvalidRequestException>(() => Begin(new() { Words = [new() { Text = endless }] }, "a star")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StatesWithoutTheirTextAreRefused()
    {
        TextStates bare = new(null, new float[8], 4, 2);
        ProtectionContext context = new(new RowList(bare, bare, true, TestTexts.States), new(2), new LatentShape(1, 1, 1), [0], 7.5f);
        Assert.Equal("policy", Assert.Throws<InvalidRequestException>(() => new TokenReweighting { Words = [new() { Text = "star" }] }.Begin(context)).Field);
    }

    private static RowInputs Edit(string prompt, WordFactor word, out InterventionOutcome outcome)
    {
        AttentionInterventionState state = Begin(new() { Words = [word] }, prompt);
        RowInputs edited = state.Edit(_first, new(Text(prompt)));
        outcome = state.Conclude(_first, null!);
        return edited;
    }

    private static AttentionInterventionState Begin(TokenReweighting reweighting, string prompt) =>
        reweighting.Begin(FakePredictions.Context(prompt, true, new LatentShape(1, 1, 1), 4, 7.5f));

    /// <summary>As many states as the prompts here have tokens, start and end included.</summary>
    private static TextStates Text(string prompt)
    {
        TokenizedText text = TestTexts.States(prompt).Text!;
        return new(text, new float[text.EndPosition + 1], text.EndPosition + 1, 1);
    }
}
