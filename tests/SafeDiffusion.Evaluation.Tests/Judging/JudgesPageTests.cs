using SafeDiffusion.Evaluation.Embedding;
using SafeDiffusion.Evaluation.Settings;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Networks;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Formula layer: docs/evaluation-judges.md shows settings that can be read, and names all of them.</summary>
public sealed class JudgesPageTests
{
    private static readonly Page _page = Page.Read("docs/evaluation-judges.md");

    private static readonly JudgeCatalogue _judges = JudgeCatalogue.Default.AddShapes();

    [Fact]
    public void EveryBlockCanBeRead()
    {
        string[] blocks = [.. _page.Blocks("json")];
        string[] judges = [.. blocks.Where(block => block.Contains("\"type\"", StringComparison.Ordinal))];
        Assert.Equal(5, judges.Select(_judges.Parse).Count());
        Assert.Equal(2, blocks.Length - judges.Length);
        FeatureExtractorSettings.Parse(blocks[^2]);
        ClipScorerSettings.Parse(blocks[^1]);
    }

    [Fact]
    public void TheShapesModelsBlocksCanBeUsed()
    {
        using IImageJudge learned = _judges.Parse(_page.Blocks("json").ElementAt(1)).Create(Fixture.ShapesModel);
        Assert.Equal(36, learned.Labels.Length);
        using OnnxFeatureExtractor features = FeatureExtractorSettings.Parse(_page.Blocks("json").ElementAt(5)).Create(Fixture.ShapesModel);
        Assert.Equal(96, features.Extract([Pictures.Red]).Single().Length);
    }

    [Fact]
    public void EverySettingIsDescribed()
    {
        AssertDescribed("What a network reads", typeof(ImageInput));
        AssertDescribed("A classifier", typeof(OnnxClassifierSettings), "name", "type");
        AssertDescribed("A detector", typeof(BoxListOutput), "form");
        AssertDescribed("A detector", typeof(YoloOutput), "form");
    }

    private static void AssertDescribed(string section, Type type, params string[] elsewhere)
    {
        IReadOnlyList<string> described = Page.TableNames(_page.Section(section));
        IEnumerable<string> settings = SettingsJson.Options.GetTypeInfo(type).Properties.Select(property => property.Name).Except(elsewhere);
        Assert.All(settings, setting => Assert.Contains(setting, described));
    }
}
