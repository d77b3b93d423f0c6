using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Graph layer: detectors that give the same boxes for every picture, times its brightness.</summary>
public sealed class OnnxDetectorTests : IDisposable
{
    private static readonly OnnxDetectorSettings _settings = new()
    {
        Name = "boxes",
        Model = "model.onnx",
        Input = new ImageInput { Width = 16, Height = 16 },
        Output = new BoxListOutput(),
        Labels = ["cat", "dog"],
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BoxesAreThoseOfThePicture(bool hasBatch)
    {
        WriteList(hasBatch);
        using IImageJudge judge = (_settings with { Output = new BoxListOutput { FirstLabel = 1 } }).Create(_folder.Path);
        // 32x8 pixels stretched to 16x16: x doubles, y halves. The third box is not sure enough, the fourth is background.
        Judgement judgement = judge.Judge([Pictures.Plain(255, 255, 255, 32, 8)]).Single();
        Assert.Equal([new Finding("dog", 0.75f, new ImageBox(8, 2, 16, 4)), new Finding("cat", 0.5, new ImageBox(0, 0, 32, 8))], judgement.Findings.AsEnumerable());
    }

    [Fact]
    public void BoxesCanBeCentresAndShares()
    {
        DetectedLabels detected = new(["cat"], [0.5], _settings.Input, BoxUnit.Shares);
        CanvasBox box = CanvasBox.Of([0.5f, 0.5f, 0.5f, 0.25f], BoxFormat.CenterSize);
        Assert.Equal(new Finding("cat", 1, new ImageBox(8, 3, 16, 2)), detected.Find(0, 1, box, Pictures.Plain(0, 0, 0, 32, 8)));
    }

    [Fact]
    public void PaddingIsTakenOffTheBoxes()
    {
        WriteList(hasBatch: true);
        OnnxDetectorSettings padded = _settings with { Input = _settings.Input with { Resize = ImageResize.Pad }, Output = new BoxListOutput { FirstLabel = 1 } };
        using IImageJudge judge = padded.Create(_folder.Path);
        // 32x16 pixels become 16x8, four rows below the top: y = (4 - 4) * 2 to (12 - 4) * 2.
        Assert.Equal(new ImageBox(8, 0, 16, 16), judge.Judge([Pictures.Plain(255, 255, 255, 32, 16)]).Single().Findings[0].Box);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void YoloKeepsTheSurestOfOverlappingBoxes(int batch)
    {
        WriteYolo(batch);
        using IImageJudge judge = (_settings with { Output = new YoloOutput() }).Create(_folder.Path);
        IReadOnlyList<Judgement> judgements = judge.Judge([Pictures.Plain(255, 255, 255, 16, 16), Pictures.Black]);
        // The second cat overlaps the first by 0.78; the dog in the same place is another label.
        Assert.Equal(
            [new Finding("cat", 0.9f, new ImageBox(4, 4, 8, 8)), new Finding("dog", 0.8f, new ImageBox(4, 4, 8, 8)), new Finding("cat", 0.6f, new ImageBox(0, 0, 2, 2))],
            judgements[0].Findings.AsEnumerable());
        Assert.Empty(judgements[1].Findings);
    }

    [Fact]
    public void OverlapsAreAllowedWhereTheSettingsSaySo()
    {
        WriteYolo(1);
        using IImageJudge judge = (_settings with { Output = new YoloOutput { MaxOverlap = 0.8 } }).Create(_folder.Path);
        Assert.Equal(4, judge.Judge([Pictures.White]).Single().Findings.Length);
    }

    [Fact]
    public void OverlapIsIntersectionOverUnion()
    {
        CanvasBox box = new(0, 0, 2, 2);
        Assert.Equal(1, CanvasBox.Overlap(box, box));
        Assert.Equal(1 / 7d, CanvasBox.Overlap(box, new CanvasBox(1, 1, 3, 3)), 1e-12);
        Assert.Equal(0, CanvasBox.Overlap(box, new CanvasBox(2, 0, 4, 2)));
        Assert.Equal(0, CanvasBox.Overlap(new CanvasBox(1, 1, 1, 1), new CanvasBox(1, 1, 1, 1)));
    }

    [Fact]
    public void WhatDoesNotFitTheNetworkIsNamed()
    {
        WriteYolo(1);
        AssertRefused(_settings with { Output = new YoloOutput(), Labels = ["cat"] }, "1 labels");
        AssertRefused(_settings, "boxes");
        WriteList(hasBatch: true);
        AssertRefused(_settings with { Output = new YoloOutput() }, "name the one to read");
        AssertRefused(_settings with { Output = new BoxListOutput { Scores = "boxes" } }, "boxes");
        AssertRefused(_settings with { Output = new BoxListOutput { Boxes = "scores" } }, "labels has the shape [1, 4]; [N] is needed");
    }

    private void AssertRefused(OnnxDetectorSettings settings, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => settings.Create(_folder.Path)).Message, StringComparison.Ordinal);

    private void WriteList(bool hasBatch)
    {
        long[] batch = hasBatch ? [1] : [];
        TinyGraph graph = new TinyGraph().Input("image", OnnxElementType.Float32, 1, 3, 16, 16);
        string boxes = graph.Floats([0, 0, 16, 16, 4, 4, 12, 12, 1, 1, 2, 2, 3, 3, 4, 4], [.. batch, 4, 4]);
        graph.Output("boxes", OnnxElementType.Float32, boxes, [.. batch, 4, 4])
            .Output("labels", OnnxElementType.Int64, graph.Integers([1, 2, 1, 0], [.. batch, 4]), [.. batch, 4])
            .Output("scores", OnnxElementType.Float32, graph.Floats([0.5f, 0.75f, 0.4f, 1], [.. batch, 4]), [.. batch, 4])
            .Save(_folder.File("model.onnx"));
    }

    /// <summary>Candidates: a cat, the same moved by a pixel, a dog in its place, a small cat.</summary>
    private void WriteYolo(int batch)
    {
        float[] rows =
        [
            8, 9, 8, 1,
            8, 8, 8, 1,
            8, 8, 8, 2,
            8, 8, 8, 2,
            0.9f, 0.7f, 0.1f, 0.6f,
            0, 0, 0.8f, 0,
        ];
        TinyGraph graph = new TinyGraph().Input("image", OnnxElementType.Float32, batch, 3, 16, 16);
        string scale = graph.Node("Unsqueeze", [graph.Mean("image", 1, 2, 3), graph.Integers([1, 2], 2)]);
        graph.Output("output0", OnnxElementType.Float32, graph.Node("Mul", [graph.Floats(rows, 1, 6, 4), scale]), batch, 6, 4).Save(_folder.File("model.onnx"));
    }
}
