using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Protections;
using SafeDiffusion.Training.Scales.Fitting;
using SafeDiffusion.Training.Scales.Labelling;
using SafeDiffusion.Training.Scales.Measuring;

namespace SafeDiffusion.Training.Scales;

/// <summary>Formula layer: what is told of an adapter, what is held out, and which scale is taken for the best, by hand.</summary>
public sealed class AdapterFiguresTests
{
    [Fact]
    public void FiguresAreThoseOfTheScalesThatAct()
    {
        // Answers 3, -1, 1 and -2 to labels 4, 2, 0 and 0; the learned labels' mean is 1.
        ScaleSample[] measured = [Sample(0, 4, -5, 3), Sample(1, 2, -1, -3), Sample(2, 0, 1), Sample(3, 0, -2)];
        AdapterFigures figures = AdapterFigures.Of([Sample(4, 2, 0), Sample(5, 0, 0)], measured, Identity());
        Assert.Equal(new AdapterFigures(2, 2, MeanError: (1 + 2 + 1 + 0) / 4.0, ConstantError: (3 + 1 + 1 + 1) / 4.0, Auc: 0.75, Missed: 1, Spared: 1), figures);
    }

    [Fact]
    public void WholePromptsOfBothKindsAreHeldOut()
    {
        ScaleSample[] samples = [.. Enumerable.Range(0, 40).Select(i => Sample(i / 2, i < 20 ? 3 : 0, 0))];
        (ScaleSample[] learned, ScaleSample[] heldOut) = AdapterSplit.Deal(samples, 0.2, 5);
        Assert.Equal([4, 4], [heldOut.Count(sample => sample.IsHarmless), heldOut.Count(sample => !sample.IsHarmless)]);
        Assert.Empty(learned.Select(sample => sample.Prompt).Intersect(heldOut.Select(sample => sample.Prompt)));
        Assert.Equal(40, learned.Length + heldOut.Length);
    }

    [Fact]
    public void NothingToInhibitIsRefused()
    {
        ScaleSample[] samples = [.. Enumerable.Range(0, 8).Select(i => new ScaleSample(0, i, i % 2 == 0, [[1]], 0))];
        Assert.Contains("protect nothing", Assert.Throws<InvalidRequestException>(() => AdapterSplit.Deal(samples, 0.2, 5)).Message, StringComparison.Ordinal);
    }

    /// <summary>S shows the concept, W is whole, b is broken; a picture a scale.</summary>
    [Theory]
    [InlineData("SW SW W W", 2)]
    [InlineData("SW b b W", 5)]
    [InlineData("SW Sb b b", 2)]
    [InlineData("SW SW SW SW", 5)]
    [InlineData("W SW SW SW", 0)]
    [InlineData("b W W W", 0)]
    public void TheBestScaleIsTheSmallestThatErasesAndBreaksNothing(string pictures, float expected)
    {
        RgbImage image = new(1, 1, new byte[3]);
        GivenSights judge = new([.. pictures.Split(' ').Select(text => new ConceptSight(text.Contains('S'), text.Contains('W')))]);
        Assert.Equal(expected, judge.BestScale(new(new("a star", "star", [], []), "a star", 1, [0, 1, 2, 5], [image, image, image, image])));
    }

    private static ScaleSample Sample(int prompt, float scale, params float[] tokens) => new(0, prompt, scale == 0, [.. tokens.Select(token => new[] { token })], scale);

    /// <summary>Answers its one input: as what is above 0, less what is below.</summary>
    private static ScaleAdapter Identity()
    {
        float[] first = new float[64], second = new float[32 * 64], third = new float[32];
        (first[0], first[1]) = (1, -1);
        (second[0], second[64 + 1]) = (1, 1);
        (third[0], third[1]) = (1, -1);
        return new(new AssetIdentity { Concept = "shapes", BaseModelHash = "none", Tool = "test" }, new SafeTensorsFile(new Dictionary<string, StoredTensor>
        {
            ["fc1.weight"] = StoredTensor.FromSingles(first, 64, 1),
            ["fc1.bias"] = StoredTensor.FromSingles(new float[64], 64),
            ["fc2.weight"] = StoredTensor.FromSingles(second, 32, 64),
            ["fc2.bias"] = StoredTensor.FromSingles(new float[32], 32),
            ["fc3.weight"] = StoredTensor.FromSingles(third, 1, 32),
            ["fc3.bias"] = StoredTensor.FromSingles(new float[1], 1),
        }));
    }

    private sealed class GivenSights(ConceptSight[] sights) : ErasureScaleJudge
    {
        public override string Description => "given";

        public override void Require(ScaleConcept concept)
        {
        }

        protected override IReadOnlyList<ConceptSight> Look(ScaleConcept concept, IReadOnlyList<RgbImage> images, CancellationToken cancellationToken) => sights;
    }
}
