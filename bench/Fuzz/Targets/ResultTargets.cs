using System.Text.Json.Nodes;
using Fuzz.Engine;
using Fuzz.Forms;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Reporting;
using SafeDiffusion.Evaluation.Results;
using SafeDiffusion.Evaluation.Runs.Folder;
using SafeDiffusion.Evaluation.Runs.Planning;

namespace Fuzz.Targets;

/// <summary>What runs leave behind and read again, and lists of prompts.</summary>
internal static class ResultTargets
{
    public static IEnumerable<FuzzTarget> All()
    {
        Scratch scratch = new("results");
        yield return new("results", Results, new LinesForm(JsonForm.Instance), input =>
        {
            string path = scratch.Write("results.jsonl", input);
            ResultsFile.Read(path);
            ResultsFile.Open(path, out _).Dispose();
        });
        yield return new("run", Manifests, JsonForm.Instance, input =>
        {
            scratch.Write(RunManifest.FileName, input);
            RunManifest.Load(scratch.Folder);
        });
        yield return new("plan", () => [Repository.Bytes("set\tpolicy\tkey\nset\tother\tkey\n")], new LinesForm(ByteForm.Instance), input =>
        {
            scratch.Write(RunFolder.PlanName, input);
            PlanFile.Read(scratch.Folder);
        });
        yield return new("report", Reports, JsonForm.Instance, input =>
        {
            string written = ReportJson.Write(EvaluationReport.Load(scratch.Write("report.json", input)));
            Readings.RequireSame(written, () => ReportJson.Write(EvaluationReport.Load(scratch.Write("again.json", Repository.Bytes(written)))));
        });
        yield return new("prompts", () => [File.ReadAllBytes(Repository.Shapes("assets", "red-triangle.prompts.txt")), Repository.Bytes("\uFEFFa\r\nb\n\n")],
            new LinesForm(ByteForm.Instance), input => BoundedFile.ReadLines(scratch.Write("prompts.txt", input), 1 << 20));
    }

    private static IEnumerable<byte[]> Results()
    {
        string path = Path.Combine(new Scratch("results-seed").Folder, "results.jsonl");
        using (ResultsFile file = ResultsFile.Open(path, out _)) file.Append([Result(1), Result(2)]);
        yield return File.ReadAllBytes(path);
    }

    private static PictureResult Result(long seed) => new()
    {
        Key = new string('a', 64),
        Set = "explicit",
        Prompt = "a red triangle",
        Seed = seed,
        Policy = "undefended",
        Keep = ["blue circle"],
        Image = "pictures/a.png",
        PixelsHash = new string('b', 64),
        Judgements = new Dictionary<string, Judgement> { ["shapes"] = new([new Finding("red triangle", 0.9, new ImageBox(1, 2, 3, 4))]) },
        Rows = 50,
        Seconds = 1.0 / 3,
    };

    private static IEnumerable<byte[]> Manifests()
    {
        Scratch scratch = new("run-seed");
        RunDescription description = new()
        {
            Suite = "small",
            Concept = "red triangle",
            Judge = "shapes",
            Policies = [new PolicyDescription("undefended", "no protection"), new PolicyDescription("SLD", "safe latent", JsonNode.Parse("""{ "version": 1, "protections": [] }"""))],
            Sets = [new PromptSetDescription("explicit", PromptSetKind.Concept, ["a red triangle"])],
            Metrics = ["erase-rate"],
            Model = "shapes",
            WeightsHash = new string('c', 64),
            Tool = "SafeDiffusion",
            Settings = new Dictionary<string, string> { ["steps"] = "25" },
        };
        new RunManifest(new RunIdentity("tool", "1", "Cpu", "hash", [new JudgeIdentity("shapes", "print")]), description, false, "1/1").Save(scratch.Folder);
        yield return File.ReadAllBytes(Path.Combine(scratch.Folder, RunManifest.FileName));
    }

    /// <summary>The stored report, with few of its pictures and figures: changes are to hit every field.</summary>
    private static IEnumerable<byte[]> Reports()
    {
        JsonNode report = JsonNode.Parse(File.ReadAllBytes(Repository.Shapes("quick-baseline.json")))!;
        Shorten(report);
        yield return Repository.Bytes(report.ToJsonString());
    }

    private static void Shorten(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            while (list.Count > 3) list.RemoveAt(3);
            foreach (JsonNode? item in list) Shorten(item);
        }
        else if (node is JsonObject fields)
        {
            foreach ((_, JsonNode? value) in fields) Shorten(value);
        }
    }
}
