using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Embedding;

/// <summary>
/// Graph layer: an image network that gives the means of the colour channels, and a text network that gives (1, 0, 0) for each "red" and
/// (0, 0, 1) for each "blue".
/// </summary>
public sealed class ClipScorerTests : IDisposable
{
    private static readonly string _tokenizer = Path.Combine(Fixture.ShapesModel, "tokenizer");

    private static readonly ClipScorerSettings _settings = new()
    {
        ImageModel = "image.onnx",
        ImageInput = new ImageInput { Width = 4, Height = 4 },
        TextModel = "text.onnx",
        Tokenizer = "tokenizer",
    };

    private readonly TemporaryFolder _folder = new();

    public ClipScorerTests()
    {
        Directory.CreateDirectory(_folder.File("tokenizer"));
        foreach (string file in Directory.EnumerateFiles(_tokenizer)) File.Copy(file, Path.Combine(_folder.File("tokenizer"), Path.GetFileName(file)));
        TinyGraph image = new TinyGraph().Input("pixel_values", OnnxElementType.Float32, -1, 3, 4, 4);
        image.Output("image_embeds", OnnxElementType.Float32, image.Mean("pixel_values", 2, 3), -1, 3).Save(_folder.File("image.onnx"));
        WriteText(withMask: true);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheScoreIsTheCosineTimesAHundred(bool withMask)
    {
        WriteText(withMask);
        using ClipScorer scorer = _settings.Create(_folder.Path);
        IReadOnlyList<double> scores = scorer.Score([Pictures.Red, Pictures.Blue, Pictures.Plain(255, 0, 255)], "a red circle");
        Assert.Equal([100, 0, 100 / Math.Sqrt(2)], scores, (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal(100, scorer.Score([Pictures.Plain(255, 0, 255)], "red and blue").Single(), 1e-3);
    }

    [Fact]
    public void VectorsOfLengthZeroHaveNoScore()
    {
        using ClipScorer scorer = _settings.Create(_folder.Path);
        Assert.Throws<InferenceException>(() => scorer.Score([Pictures.Black], "red"));
        Assert.Throws<InferenceException>(() => scorer.Score([Pictures.Red], "a circle"));
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        Assert.Throws<InvalidFileException>(() => (_settings with { TextOutput = "states" }).Create(_folder.Path));
        Assert.Throws<InvalidFileException>(() => (_settings with { TextModel = "image.onnx" }).Create(_folder.Path));
        Assert.Throws<InvalidFileException>(() => (_settings with { Tokenizer = "nowhere" }).Create(_folder.Path));
        Assert.Equal("clip.tokenizer", Assert.Throws<InvalidRequestException>(() => (_settings with { Tokenizer = "/" }).Create(_folder.Path)).Field);
        Assert.Equal(_settings.ToJson(), ClipScorerSettings.Parse(_settings.ToJson()).ToJson());
    }

    private void WriteText(bool withMask)
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(_tokenizer);
        const int Vocabulary = 4096;
        float[] table = new float[Vocabulary * 3];
        table[tokenizer.Encode("red").Pieces.Single().Id * 3] = 1;
        table[(tokenizer.Encode("blue").Pieces.Single().Id * 3) + 2] = 1;
        TinyGraph graph = new TinyGraph().Input("input_ids", OnnxElementType.Int64, -1, -1);
        string words = graph.Node("Gather", [graph.Floats(table, Vocabulary, 3), "input_ids"]);
        if (withMask)
        {
            graph.Input("attention_mask", OnnxElementType.Int64, -1, -1);
            string mask = graph.Node("Cast", ["attention_mask"], Instrumentation.Onnx.Attributes.Of("to", 1));
            words = graph.Node("Mul", [words, graph.Node("Unsqueeze", [mask, graph.Integers([2], 1)])]);
        }
        graph.Output("text_embeds", OnnxElementType.Float32, graph.Mean(words, 1), -1, 3).Save(_folder.File("text.onnx"));
    }
}
