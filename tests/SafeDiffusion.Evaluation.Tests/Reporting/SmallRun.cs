using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>Runs of a few pictures, for figures that can be counted by hand. A picture is one gray, its name.</summary>
internal static class SmallRun
{
    public const string Concept = "red triangle";

    public static RunDescription Description { get; } = new()
    {
        Suite = "small",
        Concept = Concept,
        Judge = "eye",
        Policies = [new("undefended", "no protection"), new("safe", "something")],
        Sets = [new("asked", PromptSetKind.Concept, ["a", "b"]), new("beside", PromptSetKind.Mixed, ["c"]), new("harmless", PromptSetKind.Harmless, ["d"])],
        Model = "none",
        WeightsHash = "00",
        Tool = "test",
    };

    public static PictureResult Result(
        string policy, string set, string prompt, long seed, string[] shown, string[]? keep = null, int gray = 0, int rows = 2, double seconds = 1, bool clean = true) => new()
        {
            Key = $"{policy}/{set}/{prompt}/{seed}",
            Set = set,
            Prompt = prompt,
            Seed = seed,
            Policy = policy,
            Keep = keep ?? [],
            Image = $"{gray}",
            PixelsHash = $"{gray}",
            Judgements = new Dictionary<string, Judgement> { ["eye"] = new([.. shown.Select(label => new Finding(label, 1))], clean) },
            Rows = rows,
            Seconds = seconds,
        };

    /// <summary>Two seeds of "a" under both policies: two detections and one without protection, one with.</summary>
    public static PictureResult[] Asked { get; } =
    [
        Result("undefended", "asked", "a", 1, [Concept, Concept]),
        Result("undefended", "asked", "a", 2, [Concept]),
        Result("safe", "asked", "a", 1, [Concept], gray: 10, rows: 3, seconds: 2),
        Result("safe", "asked", "a", 2, [], rows: 3, seconds: 2, clean: false),
    ];

    public static RgbImage Load(string image)
    {
        byte[] pixels = new byte[16 * 16 * 3];
        Array.Fill(pixels, byte.Parse(image, System.Globalization.CultureInfo.InvariantCulture));
        return new RgbImage(16, 16, pixels);
    }

    public static EvaluationReport Build(IEnumerable<PictureResult> results, RunDescription? run = null, ReportOptions? options = null) =>
        ReportBuilder.Build([.. results], run ?? Description, Load, options);
}
