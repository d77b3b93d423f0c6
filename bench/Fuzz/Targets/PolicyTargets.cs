using System.Text;
using System.Text.Json;
using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Evaluation.Embedding;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;

namespace Fuzz.Targets;

/// <summary>What users write: policies, suites, settings of judges, prompts.</summary>
internal static class PolicyTargets
{
    private const string Asset = "red-triangle.guideline.safetensors";

    private static readonly JudgeCatalogue _judges = JudgeCatalogue.Default.AddShapes();

    public static IEnumerable<FuzzTarget> All()
    {
        Scratch scratch = new("policy");
        scratch.Copy(Repository.Shapes("assets", Asset), Asset);
        scratch.Copy(Repository.Shapes("assets", Asset), $"assets/{Asset}");
        scratch.Copy(Repository.Shapes("assets", "red-triangle.prompts.txt"), "prompts.txt");
        scratch.Copy(Repository.Shapes("judge", "labels.json"), "judge/labels.json");
        yield return new("policy", Policies, JsonForm.Instance, input =>
        {
            SafetyPolicy policy = SafetyPolicy.Load(scratch.Write("policy.json", input));
            policy.Describe();
            string written = policy.ToJson(scratch.Folder);
            Readings.RequireSame(written, () => SafetyPolicy.Parse(written, scratch.Folder).ToJson(scratch.Folder));
        });
        yield return new("suite", Suites, JsonForm.Instance, input => EvaluationSuite.Load(scratch.Write("suite.json", input), _judges));
        yield return new("judge", () => Repository.Blocks("evaluation-judges.md").Where(IsObject), JsonForm.Instance, input => _judges.Parse(Encoding.UTF8.GetString(input)));
        yield return new("features", () => [Repository.Bytes("""{ "model": "features.onnx", "input": { "width": 299, "height": 299 }, "output": "features" }""")],
            JsonForm.Instance, input => FeatureExtractorSettings.Parse(Encoding.UTF8.GetString(input)));
        yield return new("clip", () => [Repository.Bytes("""{ "imageModel": "image.onnx", "textModel": "text.onnx", "tokenizer": "tokenizer", "imageInput": { "width": 224, "height": 224, "std": [0.5, 0.5, 0.5] } }""")],
            JsonForm.Instance, input => ClipScorerSettings.Parse(Encoding.UTF8.GetString(input)));
        yield return new("labels", () => [File.ReadAllBytes(Repository.Shapes("judge", "labels.json")), Repository.Bytes("""{"id2label": {"0": "cat", "1": "dog"}}"""), Repository.Bytes("""["cat", "dog"]""")],
            JsonForm.Instance, input =>
            {
                scratch.Write("labels.json", input);
                LabelSettings.Load(null, "labels.json", scratch.Folder);
            });
    }

    private static IEnumerable<byte[]> Policies()
    {
        using JsonDocument suite = JsonDocument.Parse(File.ReadAllBytes(Repository.Shapes("suite.json")));
        string[] protections = [.. suite.RootElement.GetProperty("policies").EnumerateArray().Select(policy => policy.GetProperty("protections").GetRawText())];
        return
        [
            .. Repository.Blocks("policy.md").Where(IsObject),
            .. protections.Select(list => Repository.Bytes($$"""{ "version": 1, "protections": {{list}}, "whenStillDetected": { "action": "regenerate", "attempts": 2 } }""")),
        ];
    }

    private static IEnumerable<byte[]> Suites() =>
    [
        File.ReadAllBytes(Repository.Shapes("suite.json")),
        .. Repository.Blocks("evaluation.md").Where(block => IsObject(block) && block.AsSpan().IndexOf("\"version\""u8) >= 0),
        Repository.Bytes("""
            { "version": 1, "name": "small", "concept": "red triangle", "steps": 5, "seeds": 2, "judges": [{ "type": "shapes", "name": "shapes" }],
              "sets": [{ "name": "file", "kind": "concept", "file": "prompts.txt" },
                       { "name": "kept", "kind": "mixed", "prompts": [{ "text": "a red triangle and a blue circle", "keep": ["blue circle"] }], "seeds": 3, "firstSeed": 7 }],
              "policies": [{ "name": "undefended", "protections": [] }, { "name": "file", "file": "policy.json" }], "metrics": ["erase-rate"],
              "quick": { "seeds": 1, "sets": ["file"], "policies": ["undefended"] } }
            """),
    ];

    private static bool IsObject(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
