using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.ShapesWorld.Drawing;

namespace SafeDiffusion.ShapesWorld;

/// <summary>Formula and model layer: the exact judge on drawn pictures, and on what the shapes model's autoencoder makes of them.</summary>
public sealed class ShapesJudgeTests
{
    private static readonly ShapesJudge _judge = new("exact");

    public static TheoryData<string> Grounds => [.. ShapesPalette.Grounds.Keys];

    [Theory]
    [MemberData(nameof(Grounds))]
    public void EveryShapeOfEveryColorIsReadOnEveryGround(string ground)
    {
        ShapesScene[] scenes =
        [
            .. from color in ShapesPalette.ColorNames
               from kind in ShapesPalette.Kinds
               select new ShapesScene(ground, [new PlacedShape(color, kind, 31.3, 33.8, 15.4)]),
        ];
        Assert.Equal(0, CountWrong(scenes, [.. scenes.Select(ShapesRenderer.Render)]));
    }

    [Fact]
    public void PartsAreNamedBesidesWhatHasThemAndOnlyWhereTheyAreAskedFor()
    {
        ShapesScene scene = new("white", [new PlacedShape("red", ShapeKind.Triangle, 17, 33, 11), new PlacedShape("blue", ShapeKind.Circle, 47, 33, 11)]);
        RgbImage image = ShapesRenderer.Render(scene);
        Assert.Equal(["blue circle", "red triangle"], Labels(_judge));
        Assert.Equal(["blue circle", "circle", "red", "red triangle"], Labels(new ShapesJudge("exact", ["red", "circle", "star"])));
        Assert.Equal(_judge.Fingerprint, new ShapesJudge("other", []).Fingerprint);
        Assert.NotEqual(_judge.Fingerprint, new ShapesJudge("exact", ["red"]).Fingerprint);
        Assert.Equal(ShapesJudge.FindMask(image, "red triangle"), ShapesJudge.FindMask(image, "triangle"));
        Assert.Equal(ShapesJudge.FindMask(image, "blue circle"), ShapesJudge.FindMask(image, "blue"));

        IEnumerable<string> Labels(ShapesJudge judge) => judge.Judge([image])[0].Findings.Select(finding => finding.Label).Order();
    }

    [Fact]
    public void APartThatIsNoneIsRefused()
    {
        ShapesJudgeSettings settings = new() { Name = "shapes", Parts = ["red", "hexagon"] };
        Assert.Contains("hexagon", Assert.Throws<InvalidRequestException>(() => settings.Create(".")).Message, StringComparison.Ordinal);
    }

    /// <summary>Below 1 % wrong: at most 1 of 120.</summary>
    [Fact]
    public void DrawnPicturesAreReadRightly()
    {
        ShapesScene[] scenes = Sample(seed: 20, count: 120);
        Assert.InRange(CountWrong(scenes, [.. scenes.Select(ShapesRenderer.Render)]), 0, 1);
    }

    /// <summary>Below 1 % wrong: at most 1 of 120.</summary>
    [Fact]
    public void PicturesFromTheAutoencoderAreReadRightly()
    {
        ShapesScene[] scenes = Sample(seed: 21, count: 120);
        using LoadedModel model = LoadedModel.Load(Fixture.ShapesModel);
        Assert.InRange(CountWrong(scenes, [.. scenes.Select(scene => ThroughAutoencoder(model, ShapesRenderer.Render(scene)))]), 0, 1);
    }

    /// <summary>A quarter of an edge pixel, between colours that are 92 levels apart: 23.</summary>
    [Fact]
    public void PicturesAreDrawnAsInTraining()
    {
        float[] expected = SafeTensorsFile.Load(Fixture.Locate("shapes", "vae-and-inversion.safetensors"))["image"].ToSingles();
        RgbImage drawn = ShapesRenderer.Render(
            new ShapesScene("gray", [new PlacedShape("red", ShapeKind.Triangle, 18, 34, 12), new PlacedShape("blue", ShapeKind.Circle, 46, 30, 12)]));
        float[] actual = new float[expected.Length];
        drawn.ToPlanar(actual);
        double[] differences = [.. actual.Zip(expected, (a, e) => Math.Abs((a / 2) + 0.5 - e) * 255)];
        Assert.InRange(differences.Max(), 0, 23.5);
        Assert.InRange(differences.Average(), 0, 0.5);
    }

    [Fact]
    public void AFindingSaysWhere()
    {
        ShapesScene scene = new("white", [new PlacedShape("red", ShapeKind.Square, 20, 30, 12.5), new PlacedShape("blue", ShapeKind.Circle, 48, 40, 10)]);
        Judgement judgement = Judge(ShapesRenderer.Render(scene));
        Assert.True(judgement is { IsClean: true, Findings.Length: 2 });
        // The square's half side is 11 pixels, the circle's radius 10.
        Assert.Equal(new ImageBox(9, 19, 22, 22), judgement.Findings.Single(finding => finding.Label == "red square").Box);
        Assert.Equal(new ImageBox(38, 30, 20, 20), judgement.Findings.Single(finding => finding.Label == "blue circle").Box);
        Assert.All(judgement.Findings, finding => Assert.InRange(finding.Score, 0.9, 1));
    }

    [Fact]
    public void AMaskHoldsAllPixelsOfItsLabelAndNoOthers()
    {
        ShapesScene scene = new("cyan", [new PlacedShape("red", ShapeKind.Square, 16, 20, 12.5), new PlacedShape("red", ShapeKind.Square, 46, 44, 12.5)]);
        RgbImage image = ShapesRenderer.Render(scene);
        bool[] mask = ShapesJudge.FindMask(image, "red square");
        Assert.Equal(2 * 22 * 22, mask.Count(inside => inside));
        Assert.All(mask, (inside, i) => Assert.Equal(inside, image[i % 64, i / 64].Green < 100));
        Assert.DoesNotContain(true, ShapesJudge.FindMask(image, "red circle"));
        Assert.Throws<ArgumentException>(() => ShapesJudge.FindMask(image, "pink square"));
    }

    [Fact]
    public void AnEmptyGroundIsCleanAndShowsNothing()
    {
        foreach (RgbColor ground in ShapesPalette.Grounds.Values)
        {
            Judgement judgement = Judge(Pictures.Plain(ground.Red, ground.Green, ground.Blue, 64, 64));
            Assert.True(judgement is { IsClean: true, Findings.IsEmpty: true });
        }
    }

    [Theory]
    [InlineData(130, 80, 40)]
    [InlineData(220, 40, 40)]
    public void WhatIsNoShapeOfThePaletteIsNotClean(byte red, byte green, byte blue)
    {
        // A bar of 50 by 6 pixels, in brown or red.
        byte[] pixels = Pictures.Plain(245, 245, 245, 64, 64).Pixels.ToArray();
        for (int i = 0; i < 64 * 64; i++)
        {
            if (i % 64 is >= 7 and < 57 && i / 64 is >= 30 and < 36) new[] { red, green, blue }.CopyTo(pixels, 3 * i);
        }
        Judgement judgement = Judge(new RgbImage(64, 64, pixels));
        Assert.True(judgement is { IsClean: false, Findings.IsEmpty: true });
    }

    [Fact]
    public void LabelsAreThoseOfTheLearnedJudge()
    {
        Assert.Equal(LabelSettings.Load(null, "judge/labels.json", Fixture.ShapesModel).AsEnumerable(), _judge.Labels);
    }

    private static ShapesScene[] Sample(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => ShapesScene.Sample(random))];
    }

    private static int CountWrong(ShapesScene[] scenes, RgbImage[] images) => _judge.Judge(images).Zip(scenes)
        .Count(pair => !pair.First.Findings.Select(finding => finding.Label).Order().SequenceEqual(pair.Second.Shapes.Select(shape => shape.Label).Order()));

    private static Judgement Judge(RgbImage image) => _judge.Judge([image]).Single();

    private static RgbImage ThroughAutoencoder(LoadedModel model, RgbImage image)
    {
        LatentShape shape = new(4, 16, 16);
        float scale = model.Description.VaeScalingFactor;
        float[] latents = model.Encoder!.Encode(image, shape, scale, default);
        return model.Decoder.Decode(latents, shape, scale, model.Description.VaeFactor, default).Single();
    }
}
