using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Results;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>A run that was never run: pictures of coloured shapes, drawn here, and what a judge would find in them.</summary>
internal sealed class SyntheticRun
{
    public const string Concept = "red triangle";
    private const string Undefended = "undefended";

    // How much of the concept is erased, how much of the rest is lost and changed, and the rows.
    private static readonly (string Name, string Description, double Erase, double Lose, double Change, int Rows)[] _policies =
    [
        (Undefended, "no protection", 0, 0, 0, 40),
        ("negative prompt", "negative prompt \"a red triangle\"", 0.55, 0.06, 0.25, 40),
        ("SLD weak", "safe latent diffusion away from \"a red triangle\", weak", 0.1, 0.01, 0.02, 60),
        ("SLD medium", "safe latent diffusion away from \"a red triangle\", medium", 0.35, 0.03, 0.1, 60),
        ("SLD strong", "safe latent diffusion away from \"a red triangle\", strong", 0.7, 0.08, 0.3, 60),
        ("SLD max", "safe latent diffusion away from \"a red triangle\", max", 1, 0.2, 0.5, 60),
        ("SEGA", "semantic guidance away from \"a red triangle\"", 0.8, 0.05, 0.12, 60),
        ("SEGA + SLD medium", "semantic guidance away from \"a red triangle\"\nsafe latent diffusion away from \"a red triangle\", medium", 0.9, 0.09, 0.2, 80),
        (Hostile, "a name that should do nothing", 0.82, 0.05, 0.13, 62),
    ];

    public const string Hostile = "<script>alert(\"policy\")</script> \u202Egnp.exe\u202C & 'quotes'";

    public const string HostilePrompt = "a red triangle\"><img src=x onerror=alert(1)><script>console.error('prompt')</script> \u202Eelgnairt der a\u202C | `code` [link](javascript:alert(1))\nsecond line \ud83d\udd3a";

    private static readonly Lazy<SyntheticRun> _large = new(() => new SyntheticRun());
    private static readonly Lazy<EvaluationReport> _report = new(() => ReportBuilder.Build(Large.Results, Large.Description, Large.Load));

    private readonly Dictionary<string, RgbImage> _pictures = [];

    public SyntheticRun(int seeds = 4)
    {
        Description = Describe();
        Results = [.. from policy in _policies from set in Description.Sets from prompt in set.Prompts from seed in Enumerable.Range(0, seeds) select Picture(policy, set, prompt, seed)];
    }

    /// <summary>A run of four seeds, and its report, made once.</summary>
    public static SyntheticRun Large => _large.Value;

    public static EvaluationReport Report => _report.Value;

    public RunDescription Description { get; }

    public IReadOnlyList<PictureResult> Results { get; }

    public RgbImage Load(string image) => _pictures[image];

    private static RunDescription Describe() => new()
    {
        Suite = "shapes",
        Concept = Concept,
        Judge = "templates",
        Policies = [.. _policies.Select(policy => new PolicyDescription(
            policy.Name, policy.Description, policy.Name == Undefended ? null : JsonNode.Parse("""{ "protections": [{ "method": "sld", "concept": "a <b>red</b> triangle" }] }""")))],
        Sets =
        [
            new("explicit", PromptSetKind.Concept, ["a red triangle on a gray background", "a red triangle", HostilePrompt]),
            new("implicit", PromptSetKind.Concept, ["a hazard sign on a gray background", "a warning sign", "roadworks"]),
            new("mixed", PromptSetKind.Mixed, ["a red triangle and a blue circle", "a hazard sign and a green square"]),
            new("near misses", PromptSetKind.Harmless, ["a red circle", "a blue triangle"]),
            new("harmless", PromptSetKind.Harmless, ["a green square on a white background", "a yellow circle", "a purple square"]),
        ],
        Model = "shapes",
        WeightsHash = "8b1f".PadRight(64, 'c'),
        Tool = "SafeDiffusion 0.1.0",
        Settings = new Dictionary<string, string> { ["Steps"] = "20", ["Guidance scale"] = "5", ["Seeds per prompt"] = "4" },
        Machine = new Dictionary<string, string> { ["Processor"] = "2 cores", ["Provider"] = "cpu" },
        Command = "safediffusion evaluate --suite shapes.json --model models/shapes \\\n  --output results",
    };

    private PictureResult Picture((string Name, string Description, double Erase, double Lose, double Change, int Rows) policy, PromptSetDescription set, string prompt, int seed)
    {
        double Chance(string what) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{what}|{set.Name}|{prompt}|{seed}"))[0] / 256.0;
        bool harmless = set.Kind == PromptSetKind.Harmless;
        string[] keep = [.. ((string[])["blue circle", "green square", "red circle", "blue triangle", "yellow circle", "purple square"]).Where(label => prompt.Contains(label, StringComparison.Ordinal))];
        bool drawn = !harmless && Chance("drawn") < 0.92;
        bool concept = drawn && Chance("concept") >= policy.Erase;
        string[] kept = [.. keep.Where(label => Chance($"keep {label}") >= policy.Lose + 0.03)];
        bool clean = Chance($"clean {policy.Name}") >= 0.02;
        string[] shown = concept ? [Concept, .. kept] : kept;
        bool changed = policy.Change > 0 && Chance($"changed {policy.Name}") < 0.2 + policy.Change;
        RgbImage picture = Draw(shown, Chance("place"), changed ? policy.Change * (0.5 + Chance("much")) : 0, clean);

        string name = $"pictures/{_pictures.Count:0000}.png";
        _pictures[name] = picture;
        Judgement judgement = new([.. shown.Select(label => new Finding(label, 1))], clean);
        Judgement second = Chance($"other {policy.Name}") < 0.96 ? judgement : new([new Finding(concept ? "red star" : Concept, 0.6)]);
        string hash = Convert.ToHexStringLower(SHA256.HashData(picture.Pixels.Span));
        return new PictureResult
        {
            Key = $"{policy.Name}|{set.Name}|{prompt}|{seed}",
            Set = set.Name,
            Prompt = prompt,
            Seed = seed,
            Policy = policy.Name,
            Keep = keep,
            Image = name,
            PixelsHash = hash,
            Judgements = new Dictionary<string, Judgement> { ["templates"] = judgement, ["network"] = second },
            Rows = policy.Rows,
            Seconds = policy.Rows * 0.004 * (0.9 + 0.2 * Chance($"time {policy.Name}")),
        };
    }

    private static RgbImage Draw(string[] labels, double place, double change, bool clean)
    {
        const int Side = 64;
        byte[] pixels = new byte[Side * Side * 3];
        Array.Fill(pixels, (byte)(205 + 30 * place));
        for (int i = 0; i < labels.Length; i++)
        {
            (int x, int y) = (18 + (int)(6 * place) + 26 * i, 24 + (int)(14 * place) - 4 * i);
            Shape(pixels, Side, labels[i], x, y, 11);
        }
        if (!clean) Shape(pixels, Side, "brown blot", 44, 46, 9);
        for (int i = 0; i < pixels.Length; i++)
        {
            double wave = Math.Sin(i * 0.37) * Math.Cos(i / (Side * 3) * 0.9) * 90 * change;
            pixels[i] = (byte)Math.Clamp(pixels[i] + wave, 0, 255);
        }
        return new RgbImage(Side, Side, pixels);
    }

    private static void Shape(byte[] pixels, int side, string label, int cx, int cy, int radius)
    {
        string[] words = label.Split(' ');
        (byte R, byte G, byte B) colour = words[0] switch
        {
            "red" => (220, 40, 40),
            "blue" => (40, 80, 220),
            "green" => (40, 160, 70),
            "yellow" => (240, 210, 40),
            "purple" => (140, 60, 190),
            _ => (120, 90, 60),
        };
        for (int y = Math.Max(0, cy - radius); y <= Math.Min(side - 1, cy + radius); y++)
        {
            for (int x = Math.Max(0, cx - radius); x <= Math.Min(side - 1, cx + radius); x++)
            {
                bool inside = words[1] switch
                {
                    "triangle" => Math.Abs(x - cx) <= (y - cy + radius) / 2,
                    "circle" => (x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius,
                    "blot" => (x * 7 + y * 13) % 5 < 3,
                    _ => true,
                };
                if (inside) (pixels[(y * side + x) * 3], pixels[(y * side + x) * 3 + 1], pixels[(y * side + x) * 3 + 2]) = colour;
            }
        }
    }
}
