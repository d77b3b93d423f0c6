using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Training.Erasing;

/// <summary>Formula layer: a recipe is read strictly, and from its own folder alone.</summary>
public sealed class ErasureRecipeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARecipeSaysWhatOptionsSay()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "captions.txt"), "a green star\n\na blue circle\n");
        ErasureLearningOptions read = Load("""{ "version": 1, "concepts": [ { "concept": "red triangle", "synonyms": ["hazard sign"], "becomes": "green star" }, { "concept": "pointillism", "becomes": "photography", "kind": "style" } ], "preserve": "captions.txt", "method": "null-space", "tokens": "ends", "gate": "logistic", "nullSpaceRest": 0.01 }""");
        Assert.Equal(["a green star", "a blue circle"], read.Preserve);
        Assert.Equal((ErasureMethod.NullSpace, ErasureTokens.Ends, ErasureGating.Logistic, 0.01), (read.Method, read.Tokens, read.Gate, read.NullSpaceRest));
        Assert.Equal(["hazard sign"], read.Concepts[0].Synonyms);
        Assert.Equal(ConceptKind.Style, read.Concepts[1].Kind);
    }

    [Theory]
    [InlineData("""{ "version": 2, "concepts": [], "preserve": "c.txt" }""", "version")]
    [InlineData("""{ "version": 1, "concepts": [], "preserve": "c.txt", "gated": true }""", "gated")]
    [InlineData("""{ "version": 1, "concepts": [ { "concept": "a" } ], "preserve": "c.txt" }""", "becomes")]
    [InlineData("""{ "version": 1, "concepts": [], "preserve": "../c.txt" }""", "../c.txt")]
    [InlineData("""{ "version": 1, "concepts": [], "preserve": "c.txt", "method": "magic" }""", "method")]
    public void WhatARecipeDoesNotSayIsAnErrorThatNamesIt(string json, string named) =>
        Assert.Contains(named, Assert.Throws<InvalidFileException>(() => Load(json)).Message, StringComparison.Ordinal);

    /// <summary>With the environment variable <c>UPDATE_SCHEMAS</c> set to 1 the file is written anew.</summary>
    [Fact]
    public void ThePublishedSchemaIsThatOfTheTypes()
    {
        string path = Path.Combine(Fixture.Root, "docs", "erasure.schema.json");
        string schema = ErasureRecipe.WriteSchema();
        if (Environment.GetEnvironmentVariable("UPDATE_SCHEMAS") == "1") File.WriteAllText(path, schema);
        Assert.Equal(schema, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    private ErasureLearningOptions Load(string json)
    {
        string file = Path.Combine(_folder.Path, "recipe.json");
        File.WriteAllText(file, json);
        return ErasureRecipe.Load(file);
    }
}
