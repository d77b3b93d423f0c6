using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Graph layer: classifiers of a few nodes, whose numbers are the means of the colour channels.</summary>
public sealed class OnnxClassifierTests : IDisposable
{
    private static readonly OnnxClassifierSettings _settings = new()
    {
        Name = "means",
        Model = "model.onnx",
        Input = new ImageInput { Width = 4, Height = 4 },
        Kind = ClassifierOutput.Scores,
        Labels = ["red", "green", "blue"],
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void ScoresAreTakenAsTheyAre(int batch)
    {
        Write(batch);
        using IImageJudge judge = _settings.Create(_folder.Path);
        IReadOnlyList<Judgement> judgements = judge.Judge([Pictures.Red, Pictures.Black, Pictures.Plain(204, 0, 255)]);
        Assert.Equal([new Finding("red", 1)], judgements[0].Findings.AsEnumerable());
        Assert.Empty(judgements[1].Findings);
        Assert.Equal(["blue", "red"], judgements[2].Findings.Select(finding => finding.Label));
        Assert.Equal(0.8, judgements[2].Findings[1].Score, 1e-6);
        Assert.All(judgements, judgement => Assert.True(judgement.IsClean));
    }

    [Fact]
    public void LogitsBecomeSigmoids()
    {
        Write(-1);
        using IImageJudge judge = (_settings with { Kind = ClassifierOutput.Sigmoid }).Create(_folder.Path);
        Finding[] findings = [.. judge.Judge([Pictures.Red]).Single().Findings];
        Assert.Equal(["red", "green", "blue"], findings.Select(finding => finding.Label));
        // 1 / (1 + e^-1), and 1/2.
        Assert.Equal([0.731059, 0.5, 0.5], findings.Select(finding => Math.Round(finding.Score, 6)));
    }

    [Fact]
    public void LogitsBecomeASoftmaxThatDoesNotOverflow()
    {
        Write(-1);
        OnnxClassifierSettings raw = _settings with { Kind = ClassifierOutput.Softmax, Input = _settings.Input with { Scale = ImageScale.Raw } };
        using IImageJudge judge = raw.Create(_folder.Path);
        Assert.Equal([new Finding("red", 1)], judge.Judge([Pictures.Red]).Single().Findings.AsEnumerable());
    }

    [Fact]
    public void ALabelCanHaveAThresholdOfItsOwn()
    {
        Write(-1);
        OnnxClassifierSettings strict = _settings with { Threshold = 0.9, Thresholds = ImmutableDictionary.CreateRange<string, double>([KeyValuePair.Create("blue", 0.1)]) };
        using IImageJudge judge = strict.Create(_folder.Path);
        Assert.Equal(["blue"], judge.Judge([Pictures.Plain(128, 0, 64)]).Single().Findings.Select(finding => finding.Label));
    }

    [Fact]
    public void TensorFlowsLayoutIsRead()
    {
        TinyGraph graph = new TinyGraph().Input("image", OnnxElementType.Float32, -1, 4, 4, 3);
        graph.Output("scores", OnnxElementType.Float32, graph.Mean("image", 1, 2), -1, 3).Save(_folder.File("model.onnx"));
        using IImageJudge judge = (_settings with { Input = _settings.Input with { Layout = ImageLayout.Nhwc, Channels = ChannelOrder.Bgr } }).Create(_folder.Path);
        Assert.Equal([new Finding("red", 1)], judge.Judge([Pictures.Blue]).Single().Findings.AsEnumerable());
    }

    [Fact]
    public void LogitsPassedAsScoresAreAnError()
    {
        Write(-1);
        using IImageJudge judge = (_settings with { Input = _settings.Input with { Scale = ImageScale.Raw } }).Create(_folder.Path);
        Assert.Contains("sigmoid", Assert.Throws<InferenceException>(() => judge.Judge([Pictures.Red])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDoesNotFitTheNetworkIsNamed()
    {
        Write(-1);
        AssertRefused(_settings with { Input = _settings.Input with { Width = 5 } }, "width");
        AssertRefused(_settings with { Input = _settings.Input with { Layout = ImageLayout.Nhwc } }, "layout");
        AssertRefused(_settings with { Input = _settings.Input with { Name = "picture" } }, "picture");
        AssertRefused(_settings with { Output = "logits" }, "logits");
        AssertRefused(_settings with { Labels = ["red", "green"] }, "2 labels");
        AssertRefused(_settings with { Model = "absent.onnx" }, "absent.onnx");
    }

    [Fact]
    public void AThresholdForNoLabelIsRefused()
    {
        Write(-1);
        OnnxClassifierSettings settings = _settings with { Thresholds = ImmutableDictionary.CreateRange<string, double>([KeyValuePair.Create("gold", 0.1)]) };
        Assert.Equal("judge.thresholds.gold", Assert.Throws<InvalidRequestException>(() => settings.Create(_folder.Path)).Field);
    }

    [Fact]
    public void TheFingerprintTellsNetworksAndSettingsApartButNotNames()
    {
        Write(-1);
        string first = Fingerprint(_settings);
        Assert.Equal(first, Fingerprint(_settings with { Name = "other" }));
        Assert.NotEqual(first, Fingerprint(_settings with { Threshold = 0.6 }));
        Write(1);
        Assert.NotEqual(first, Fingerprint(_settings));
        Assert.Matches("^[0-9a-f]{64}$", first);
    }

    private string Fingerprint(OnnxClassifierSettings settings)
    {
        using IImageJudge judge = settings.Create(_folder.Path);
        return judge.Fingerprint;
    }

    private void AssertRefused(OnnxClassifierSettings settings, string expected)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => settings.Create(_folder.Path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(_folder.Path, error.File, StringComparison.Ordinal);
    }

    private void Write(int batch)
    {
        TinyGraph graph = new TinyGraph().Input("image", OnnxElementType.Float32, batch, 3, 4, 4);
        graph.Output("scores", OnnxElementType.Float32, graph.Mean("image", 2, 3), batch, 3).Save(_folder.File("model.onnx"));
    }
}
