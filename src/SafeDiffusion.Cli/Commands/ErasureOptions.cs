using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Training.Erasing;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say which concept an erasure is learned for, from what, and how; or a recipe that says all of it.</summary>
internal sealed class ErasureOptions
{
    private readonly Option<string?> _recipe = new("--recipe") { Description = "A JSON recipe that says what follows here, for many concepts." };
    private readonly Option<string?> _concept = new("--concept") { Description = "What to erase, as a prompt says it, without an article." };
    private readonly Option<string?> _synonyms = new("--synonyms") { Description = "Its other names, and what implies it, with commas between." };
    private readonly Option<string?> _prompts = new("--prompts") { Description = "Prompts that draw it without its names, one a line, as safediffusion robustness finds them." };
    private readonly Option<string?> _becomes = new("--becomes") { Description = "What it is read as instead, without an article." };
    private readonly Option<string?> _kind = new("--kind") { Description = "What it is (default: thing).", HelpName = Names<ConceptKind>() };
    private readonly Option<string?> _preserve = new("--preserve") { Description = "Captions that must stay as they are, one a line; none may name the concept." };
    private readonly Option<string?> _keep = new("--keep") { Description = "Near misses that must stay, one a line (default: made from the captions' words)." };
    private readonly Option<string?> _method = new("--method") { Description = "How the map is solved for (default: kernel).", HelpName = Names<ErasureMethod>() };
    private readonly Option<string?> _tokens = new("--tokens") { Description = "Which tokens are learned from (default: the method's).", HelpName = Names<ErasureTokens>() };
    private readonly Option<string?> _gate = new("--gate") { Description = "What says where it acts (default: kernel).", HelpName = Names<ErasureGating>() };
    private readonly Option<double?> _preservation = new("--preservation") { Description = "What preserving weighs, for trce (default: 0.01) and uce (1)." };
    private readonly Option<double?> _ridge = new("--ridge") { Description = "The pull towards changing nothing, relative (default: 1e-6; 1e-7 for kernels)." };
    private readonly Option<double?> _rest = new("--null-space-rest") { Description = "The share of the preserved states' power that null-space does not keep exactly (default: 0.001)." };
    private readonly Option<double?> _bandwidth = new("--bandwidth") { Description = "The kernel's width, in median distances of two states (default: 1)." };
    private readonly Option<int?> _anchors = new("--anchors") { Description = "The kernel map's anchors, 10 to 4096 (default: 800)." };
    private readonly Option<bool> _null = new("--null-condition") { Description = "Map the null condition as well, as where the erasure is baked into weights; without a gate." };
    private readonly Option<int?> _seed = new("--seed") { Description = "Decides what is made of the captions and what is held out (default: 0)." };

    private Option[] All => [_concept, _synonyms, _prompts, _becomes, _kind, _preserve, _keep, _method, _tokens, _gate, _preservation, _ridge, _rest, _bandwidth, _anchors, _null, _seed];

    public void AddTo(Command command)
    {
        command.Options.Add(_recipe);
        foreach (Option option in All) command.Options.Add(option);
    }

    /// <summary>The files that are read.</summary>
    public IEnumerable<string> Inputs(ParseResult parsed) => new[] { parsed.GetValue(_recipe), parsed.GetValue(_prompts), parsed.GetValue(_preserve), parsed.GetValue(_keep) }.OfType<string>();

    /// <exception cref="InvalidRequestException">An option is missing, unknown, or beside a recipe.</exception>
    /// <exception cref="InvalidFileException">A file cannot be read.</exception>
    public ErasureLearningOptions Read(ParseResult parsed)
    {
        if (parsed.GetValue(_recipe) is { } recipe)
        {
            if (All.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } beside) throw new InvalidRequestException(beside.Name, "cannot stand beside --recipe, which says all of it. Write it there.");
            return ErasureRecipe.Load(recipe);
        }
        ErasureLearningOptions defaults = new() { Concepts = [], Preserve = [] };
        return defaults with
        {
            Concepts = [Concept(parsed)],
            Preserve = PromptFile.Read(Required(parsed, _preserve)),
            Keep = parsed.GetValue(_keep) is { } keep ? PromptFile.Read(keep) : [],
            Method = Choice(parsed, _method, defaults.Method),
            Tokens = parsed.GetValue(_tokens) is null ? null : Choice(parsed, _tokens, ErasureTokens.All),
            Gate = Choice(parsed, _gate, parsed.GetValue(_null) ? ErasureGating.None : defaults.Gate),
            Preservation = parsed.GetValue(_preservation),
            Ridge = parsed.GetValue(_ridge),
            NullSpaceRest = parsed.GetValue(_rest) ?? defaults.NullSpaceRest,
            Bandwidth = parsed.GetValue(_bandwidth) ?? defaults.Bandwidth,
            Anchors = parsed.GetValue(_anchors) ?? defaults.Anchors,
            MapsNullCondition = parsed.GetValue(_null),
            Seed = parsed.GetValue(_seed) ?? defaults.Seed,
        };
    }

    private ErasedConcept Concept(ParseResult parsed) => new()
    {
        Concept = Required(parsed, _concept),
        Synonyms = [.. (parsed.GetValue(_synonyms) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
        Prompts = parsed.GetValue(_prompts) is { } prompts ? PromptFile.Read(prompts) : [],
        Becomes = Required(parsed, _becomes),
        Kind = Choice(parsed, _kind, ConceptKind.Thing),
    };

    private static string Required(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) ?? throw new InvalidRequestException(option.Name, "is missing: an erasure is learned from a concept, what it becomes and captions to preserve, or from a --recipe.");

    private static T Choice<T>(ParseResult parsed, Option<string?> option, T otherwise)
        where T : struct, Enum
    {
        if (parsed.GetValue(option) is not { } given) return otherwise;
        foreach (T value in Enum.GetValues<T>())
        {
            if (Name(value).Equals(given, StringComparison.OrdinalIgnoreCase)) return value;
        }
        throw new InvalidRequestException(option.Name, $"is '{given}'; known are {string.Join(", ", Enum.GetValues<T>().Select(Name))}.");
    }

    private static string Names<T>()
        where T : struct, Enum => string.Join('|', Enum.GetValues<T>().Select(Name));

    private static string Name<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
