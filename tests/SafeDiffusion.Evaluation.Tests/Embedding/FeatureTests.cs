using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Embedding;

/// <summary>Graph layer: a network whose features are the means of the colour channels.</summary>
public sealed class FeatureTests : IDisposable
{
    private static readonly FeatureExtractorSettings _settings = new() { Model = "model.onnx", Input = new ImageInput { Width = 4, Height = 4 } };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void EveryPictureHasItsVector(int batch)
    {
        TinyGraph graph = new TinyGraph().Input("image", OnnxElementType.Float32, batch, 3, 4, 4);
        graph.Output("features", OnnxElementType.Float32, graph.Node("GlobalAveragePool", ["image"]), batch, 3, 1, 1).Save(_folder.File("model.onnx"));
        using OnnxFeatureExtractor extractor = _settings.Create(_folder.Path);
        // More pictures than go through in one call.
        RgbImage[] images = [.. Enumerable.Range(0, 20).Select(i => Pictures.Plain(255, 0, (byte)(i * 51 / 4)))];
        IReadOnlyList<float[]> features = extractor.Extract(images);
        Assert.Equal(20, features.Count);
        Assert.All(features, (vector, i) => Assert.Equal([1, 0, i * 51 / 4 / 255f], vector.Select(value => value), (a, b) => Math.Abs(a - b) < 1e-6));
    }

    [Fact]
    public void AMapIsNoVector()
    {
        TinyGraph graph = new TinyGraph().Input("image", OnnxElementType.Float32, -1, 3, 4, 4);
        graph.Output("features", OnnxElementType.Float32, "image", -1, 3, 4, 4).Save(_folder.File("model.onnx"));
        Assert.Contains("pooled", Assert.Throws<InvalidFileException>(() => _settings.Create(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SettingsAreReadStrictly()
    {
        Assert.Equal(_settings.ToJson(), FeatureExtractorSettings.Parse(_settings.ToJson()).ToJson());
        Assert.Equal("features.model", Assert.Throws<InvalidRequestException>(() => (_settings with { Model = "../a.onnx" }).Validate(FieldCheck.OfRequest("features"))).Field);
        Assert.Throws<InvalidRequestException>(() => FeatureExtractorSettings.Parse("""{ "model": "a.onnx" }"""));
    }
}
