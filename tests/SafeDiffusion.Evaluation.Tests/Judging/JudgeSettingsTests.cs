using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Networks;
using SafeDiffusion.ShapesWorld;

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

    private static readonly JudgeCatalogue _judges = JudgeCatalogue.Default.AddShapes();

    /// <summary>Fingerprints, and so the keys of results that were drawn before, rest on this order.</summary>
    [Theory]
    [InlineData(Classifier, "type, model, input, kind, labels, threshold, name")]
    [InlineData(Detector, "type, model, input, output, labelsFile, threshold, thresholds, name")]
    public void SettingsAreWrittenInTheirOrder(string json, string order) =>
        Assert.Equal(order, string.Join(", ", JsonNode.Parse(_judges.ToJson(_judges.Parse(json)))!.AsObject().Select(setting => setting.Key)));

    [Theory]
    [InlineData("""{ "type": "oracle", "name": "exact" }""", "is \"oracle\"; known are onnx-classifier, onnx-detector, shapes.")]
    [InlineData("""{ "name": "exact" }""", "is missing; known are onnx-classifier, onnx-detector, shapes.")]
    public void AnUnknownKindNamesTheKnownOnes(string json, string reason)
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => _judges.Parse(json));
        Assert.Equal(("judge.type", reason), (error.Field, error.Reason));
    }

    [Fact]
    public void ACatalogueKnowsWhatWasAdded()
    {
        Assert.Equal(["onnx-classifier", "onnx-detector"], JudgeCatalogue.Default.Types);
        Assert.Throws<ArgumentException>(() => _judges.AddShapes());
        Assert.Throws<ArgumentException>(() => JudgeCatalogue.Default.ToJson(new ShapesJudgeSettings { Name = "exact" }));
    }

    [Theory]
    [InlineData("""{ "type": "shapes", "name": "exact" }""")]
    [InlineData("""{ "name": "exact", "type": "shapes" }""")]
    [InlineData(Classifier)]
    [InlineData(Detector)]
    public void WhatWasWrittenIsRead(string json)
    {
        string written = _judges.ToJson(_judges.Parse(json));
        Assert.Equal(written, _judges.ToJson(_judges.Parse(written)));
    }

    [Fact]
    public void EveryFieldArrives()
    {
        OnnxDetectorSettings settings = Assert.IsType<OnnxDetectorSettings>(_judges.Parse(Detector));
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
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => _judges.Parse(settings.ToJsonString()));
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
    public void WhatIsNoJudgeIsRefused(string json) => Assert.Throws<InvalidRequestException>(() => _judges.Parse(json));

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
