using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Checking;

/// <summary>Graph layer: a checker that flags pictures which are more than half red, with Stable Diffusion's interface.</summary>
public sealed class OnnxImageCheckerTests : IDisposable
{
    private static readonly ImageInput _clip = ImageInput.Clip with { Name = "clip_input" };
    private static readonly RgbImage _red = Plain(255, 0, 0);
    private static readonly RgbImage _blue = Plain(0, 0, 255);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dynamic", -1, new long[] { -1, -1, -1, -1 })]
    [InlineData("one by one", 1, new long[] { 1, 64, 64, 3 })]
    [InlineData("two by two", 2, new long[] { 2, 64, 64, 3 })]
    [InlineData("planar", -1, new long[] { -1, 3, 32, 48 })]
    [InlineData("without images", -1, null)]
    public void RedPicturesAreFlagged(string name, int batch, long[]? images)
    {
        string path = Write(batch, images);
        using OnnxImageChecker checker = OnnxImageChecker.Load(path, new OnnxImageCheckerOptions { Name = name, Reason = "too red" });
        Assert.Equal(name, checker.Name);
        ImageCheck[] expected = [new(true, null, "too red"), new(false), new(true, null, "too red")];
        Assert.Equal(expected, checker.Check([_red, _blue, _red]));
    }

    /// <summary>As published: the number of pictures is open, and yet the graph takes one alone.</summary>
    [Fact]
    public void AGraphThatTakesOnePictureAloneIsRunOneByOne()
    {
        string path = Write(-1, [-1, -1, -1, -1], takesOne: true);
        using OnnxImageChecker checker = OnnxImageChecker.Load(path);
        Assert.Equal([true, false, true], checker.Check([_red, _blue, _red]).Select(check => check.IsFlagged));
    }

    [Fact]
    public void AModelFoldersOwnCheckerIsFound()
    {
        Assert.False(OnnxImageChecker.IsInModel(_folder.Path));
        InvalidFileException missing = Assert.Throws<InvalidFileException>(() => OnnxImageChecker.LoadFromModel(_folder.Path));
        Assert.Equal(_folder.File("safety_checker/model.onnx"), missing.File);
        Write(-1, [-1, -1, -1, 3], to: "safety_checker/model.onnx");
        Assert.True(OnnxImageChecker.IsInModel(_folder.Path));
        using (OnnxImageChecker checker = OnnxImageChecker.LoadFromModel(_folder.Path))
        {
            Assert.Equal("safety-checker", checker.Name);
            Assert.Equal([true, false], checker.Check([_red, _blue]).Select(check => check.IsFlagged));
        }
        // Normalised so, no picture is red enough: the file beside the checker counts.
        Directory.CreateDirectory(_folder.File("feature_extractor"));
        File.WriteAllText(_folder.File("feature_extractor/preprocessor_config.json"), """{"crop_size": 224, "size": 224, "image_mean": [5, 5, 5], "image_std": [1, 1, 1]}""");
        using OnnxImageChecker other = OnnxImageChecker.LoadFromModel(_folder.Path);
        Assert.Equal([false, false], other.Check([_red, _blue]).Select(check => check.IsFlagged));
    }

    [Fact]
    public void ScoresAreComparedWithTheThreshold()
    {
        string path = Write(-1, null, asScores: true);
        OnnxImageCheckerOptions options = new() { Threshold = 1, Input = _clip with { Mean = [0, 0, 0], Std = [1, 1, 1] } };
        using OnnxImageChecker checker = OnnxImageChecker.Load(path, options);
        IReadOnlyList<ImageCheck> checks = checker.Check([_red, Plain(127, 0, 0)]);
        Assert.Equal([true, false], checks.Select(check => check.IsFlagged));
        Assert.Equal([1, 127 / 255.0], checks.Select(check => check.Score!.Value), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Equal(["flagged by the safety checker", null], checks.Select(check => check.Reason));
    }

    [Fact]
    public void AThresholdMustGoWithTheOutputsType()
    {
        Assert.Equal("threshold", Assert.Throws<InvalidRequestException>(() => OnnxImageChecker.Load(Write(-1, null, asScores: true))).Field);
        OnnxImageCheckerOptions options = new() { Threshold = 0.5 };
        Assert.Equal("threshold", Assert.Throws<InvalidRequestException>(() => OnnxImageChecker.Load(Write(-1, null), options)).Field);
    }

    [Fact]
    public void WhatIsNoCheckerIsNamed()
    {
        string path = Write(-1, null);
        AssertRefused(path, new OnnxImageCheckerOptions { Output = "verdict" }, "verdict");
        AssertRefused(path, new OnnxImageCheckerOptions { Input = _clip with { Width = 336 } }, "clip_input");
        AssertRefused(path, new OnnxImageCheckerOptions { Input = _clip with { Name = "pixels" } }, "pixels");
        AssertRefused(_folder.File("absent.onnx"), null, "absent.onnx");
        Assert.Throws<InvalidRequestException>(() => OnnxImageChecker.Load(path, new OnnxImageCheckerOptions { Threads = 0 }));
    }

    /// <summary>A checker that could not decide must not let the picture pass.</summary>
    [Fact]
    public void ANumberThatIsNoneIsAnError()
    {
        string path = Write(-1, null, asScores: true);
        OnnxImageCheckerOptions options = new() { Threshold = 1, Input = _clip with { Std = [float.Epsilon, 1, 1], Scale = ImageScale.Raw } };
        using OnnxImageChecker checker = OnnxImageChecker.Load(path, options);
        Assert.Throws<InferenceException>(() => checker.Check([_red]));
    }

    private static void AssertRefused(string path, OnnxImageCheckerOptions? options, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => OnnxImageChecker.Load(path, options)).Message, StringComparison.Ordinal);

    private string Write(int batch, long[]? images, bool asScores = false, bool takesOne = false, string to = "model.onnx")
    {
        TinyGraph graph = new TinyGraph().Input("clip_input", OnnxElementType.Float32, batch, 3, 224, 224);
        string pictures = takesOne ? graph.Node("Reshape", ["clip_input", graph.Integers([1, 3, 224, 224], 4)]) : "clip_input";
        string red = graph.Node("Gather", [graph.Mean(pictures, 2, 3), graph.Integers([0])], Instrumentation.Onnx.Attributes.Of("axis", 1));
        if (asScores) graph.Output("has_nsfw_concepts", OnnxElementType.Float32, red, batch);
        else graph.Output("has_nsfw_concepts", OnnxElementType.Boolean, graph.Node("Greater", [red, graph.Floats([0.06f])]), batch);
        if (images is not null) graph.Input("images", OnnxElementType.Float32, images).Output("out_images", OnnxElementType.Float32, "images", images);
        return graph.Save(_folder.File(to));
    }

    private static RgbImage Plain(byte red, byte green, byte blue) =>
        new(48, 32, Enumerable.Range(0, 48 * 32).SelectMany(_ => new[] { red, green, blue }).ToArray());
}
