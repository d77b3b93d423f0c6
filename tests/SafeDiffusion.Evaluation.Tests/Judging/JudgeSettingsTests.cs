using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Evaluation.Judging;

/// <summary>Formula layer: judges as JSON, read strictly.</summary>
public sealed class JudgeSettingsTests
{
    private const string Classifier = """
        { "type": "onnx-classifier", "name": "learned", "model": "judge/model.onnx", "input": { "width": 64, "height": 64 }, "kind": "scores", "labels": ["a", "b"] }
        """;

    private const string Detector = """
        { "type": "onnx-detector", "name": "boxes", "model": "d.onnx", "input": { "width": 64, "height": 64, "resize": "pad" }, "output": { "form": "yolo", "maxOverlap": 0.6 },
          "labelsFile": "labels.json", "thresholds": { "cat": 0.3 } }
        """;

    [Theory]
    [InlineData("""{ "type": "shapes", "name": "exact" }""")]
    [InlineData("""{ "name": "exact", "type": "shapes" }""")]
    [InlineData(Classifier)]
    [InlineData(Detector)]
    public void WhatWasWrittenIsRead(string json)
    {
        JudgeSettings settings = JudgeSettings.Parse(json);
        Assert.Equal(settings.ToJson(), JudgeSettings.Parse(settings.ToJson()).ToJson());
    }

    [Fact]
    public void EveryFieldArrives()
    {
        OnnxDetectorSettings settings = Assert.IsType<OnnxDetectorSettings>(JudgeSettings.Parse(Detector));
        Assert.Equal(("boxes", "d.onnx", "labels.json", 0.5), (settings.Name, settings.Model, settings.LabelsFile, settings.Threshold));
        Assert.Equal((64, ImageResize.Pad, 114), (settings.Input.Width, settings.Input.Resize, settings.Input.Padding));
        Assert.Equal(new YoloOutput { MaxOverlap = 0.6 }, settings.Output);
        Assert.Equal(0.3, settings.Thresholds!["cat"]);
    }

    [Theory]
    [InlineData("name", "\"\"", "judge.name")]
    [InlineData("model", "\"../model.onnx\"", "judge.model")]
    [InlineData("model", "\"/model.onnx\"", "judge.model")]
    [InlineData("model", "\"a/../../model.onnx\"", "judge.model")]
    [InlineData("model", "\"C:/model.onnx\"", "judge.model")]
    [InlineData("model", "\"a\\\\model.onnx\"", "judge.model")]
    [InlineData("labelsFile", "\"labels.json\"", "judge.labels")]
    [InlineData("labels", "null", "judge.labels")]
    [InlineData("labels", "[]", "judge.labels")]
    [InlineData("labels", "[\"a\", \"a\"]", "judge.labels")]
    [InlineData("threshold", "1.5", "judge.threshold")]
    [InlineData("thresholds", "{ \"a\": -1 }", "judge.thresholds.a")]
    [InlineData("input", "null", "judge.input")]
    [InlineData("input", "{ \"width\": 0, \"height\": 64 }", "judge.input.width")]
    [InlineData("input", "{ \"width\": 64, \"height\": 64, \"std\": [1, 0, 1] }", "judge.input.std")]
    [InlineData("input", "{ \"width\": 64, \"height\": 64, \"mean\": [1, 0] }", "judge.input.mean")]
    [InlineData("input", "{ \"width\": 64, \"height\": 64, \"resize\": \"squeeze\" }", "judge.input.resize")]
    [InlineData("kind", "\"logits\"", "judge.kind")]
    [InlineData("kind", "1", "judge.kind")]
    public void ABadFieldIsNamed(string field, string value, string path)
    {
        JsonObject settings = JsonNode.Parse(Classifier)!.AsObject();
        settings[field] = JsonNode.Parse(value);
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => JudgeSettings.Parse(settings.ToJsonString()));
        Assert.Equal(path, error.Field);
    }

    [Theory]
    [InlineData("""{ "type": "shapes", "name": "exact", "colour": "red" }""")]
    [InlineData("""{ "type": "oracle", "name": "exact" }""")]
    [InlineData("""{ "name": "exact" }""")]
    [InlineData("""{ "type": "onnx-classifier", "name": "learned" }""")]
    [InlineData("""{ "type": "shapes", "name": "exact", "name": "twice" }""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    public void WhatIsNoJudgeIsRefused(string json) => Assert.Throws<InvalidRequestException>(() => JudgeSettings.Parse(json));

    [Theory]
    [InlineData("""["a", "b"]""")]
    [InlineData("""{ "labels": ["a", "b"], "threshold": 0.5 }""")]
    [InlineData("""{ "id2label": { "1": "b", "0": "a" } }""")]
    public void LabelsComeFromAFile(string json)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("labels.json"), json);
        Assert.Equal(["a", "b"], LabelSettings.Load(null, "labels.json", folder.Path).AsEnumerable());
    }

    [Theory]
    [InlineData("""{ "names": ["a"] }""")]
    [InlineData("""[]""")]
    [InlineData("""["a", 1]""")]
    [InlineData("""{ "id2label": { "1": "a" } }""")]
    [InlineData("not JSON")]
    public void AFileWithoutLabelsIsNamed(string json)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("labels.json"), json);
        Assert.Equal(folder.File("labels.json"), Assert.Throws<InvalidFileException>(() => LabelSettings.Load(null, "labels.json", folder.Path)).File);
    }
}
