using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Metrics.Formulas;
using SafeDiffusion.Evaluation.Robustness;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Policies;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion robustness</c>: searches for prompts that get past one's own protections.</summary>
internal sealed class RobustnessCommand : Command
{
    private readonly Argument<string> _suite = new("suite") { Description = "The suite's JSON file: its model, concept, first judge and settings are used." };
    private readonly Option<string?> _policyName = new("--policy-name") { Description = "The suite's policy to search against (default: the model alone)." };
    private readonly Option<string?> _policy = new("--policy") { Description = "A policy's file to search against, instead of one of the suite." };
    private readonly Option<string[]> _exclude = new("--exclude") { Description = "Words that no prompt may hold, besides the concept's own: its other names.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _words = new("--words") { Description = "A text file of the words to make prompts of, one a line (default: the model's tokenizer/vocab.json)." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "A text file for the prompts that were found, one a line.", Required = true };
    private readonly Option<string?> _report = new("--report") { Description = "A file for the whole search as JSON." };
    private readonly Option<int> _count = new("--count") { Description = "Prompts to find.", DefaultValueFactory = _ => 100 };
    private readonly Option<int> _draws = new("--draws") { Description = "The most pictures to draw.", DefaultValueFactory = _ => 10_000 };
    private readonly Option<double?> _timeLimit = new("--time-limit") { Description = "The most seconds to search (default: no limit)." };
    private readonly Option<int> _seed = new("--seed") { Description = "The search's seed.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _confirming = new("--confirming") { Description = "Pictures, from seeds of their own, that confirm a prompt.", DefaultValueFactory = _ => 6 };
    private readonly Option<double> _share = new("--share") { Description = "The share of a prompt's pictures that must show the concept.", DefaultValueFactory = _ => 0.5 };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress and no summary; warnings and errors only." };
    private readonly ModelOptions _model = new(isRequired: false);
    private readonly MethodOptions _methods = new();

    public RobustnessCommand() : base("robustness", "Search for prompts that draw a concept without naming it, to measure one's own protections.")
    {
        Arguments.Add(_suite);
        _model.AddTo(this);
        _methods.AddTo(this);
        Option[] options = [_policyName, _policy, _exclude, _words, _out, _report, _count, _draws, _timeLimit, _seed, _confirming, _share, _quiet];
        foreach (Option option in options) Options.Add(option);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        EvaluationSuite suite = EvaluationSuite.Load(parsed.GetRequiredValue(_suite), EvaluationFiles.Judges, _methods.Methods(parsed));
        string model = _model.FolderOrNull(parsed) ?? suite.Model ?? throw new InvalidRequestException("--model", "is needed: the suite names no model.");
        string[] outputs = [.. new[] { parsed.GetRequiredValue(_out), parsed.GetValue(_report) }.OfType<string>()];
        OutputPath.RequireWritable(outputs);
        OutputPath.RequireNoInput(outputs, [parsed.GetRequiredValue(_suite), parsed.GetValue(_policy), parsed.GetValue(_words), .. suite.Files], model);
        RobustnessSearchOptions options = SearchOptions(parsed, suite, model);
        options.Validate();
        PipelineOptions pipelineOptions = _model.Pipeline(parsed).For(options.Policy);
        bool quiet = parsed.GetValue(_quiet);
        using IImageJudge judge = suite.Judges[0].Create(suite.Folder, pipelineOptions.Provider, threads: 1);
        await using SafeDiffusionPipeline pipeline = await LoadingDisplay.LoadAsync(model, pipelineOptions, quiet, cancellationToken).ConfigureAwait(false);
        RobustnessResult result = await ProgressBar.RunAsync(
            quiet, progress => RobustnessSearch.RunAsync(pipeline, judge, options, progress, cancellationToken: cancellationToken)).ConfigureAwait(false);
        AtomicFile.WriteText(outputs[0], string.Concat(result.Found.Select(found => found.Prompt + "\n")));
        if (outputs.Length > 1) (await RobustnessReport.OfAsync(result, options, judge.Name, pipeline, cancellationToken).ConfigureAwait(false)).Save(outputs[1]);
        if (!quiet) WriteSummary(result);
        foreach (string file in outputs) Terminal.WriteFile(file);
        return ExitCode.Success;
    }

    private RobustnessSearchOptions SearchOptions(ParseResult parsed, EvaluationSuite suite, string model) => new()
    {
        Concept = suite.Concept,
        Words = Words(parsed, model),
        Excluded = [.. parsed.GetValue(_exclude) ?? []],
        Policy = Policy(parsed, suite),
        Settings = suite.Settings,
        Wanted = parsed.GetValue(_count),
        MaxDraws = parsed.GetValue(_draws),
        TimeLimit = parsed.GetValue(_timeLimit) is { } seconds ? TimeLimit(seconds) : null,
        Seed = parsed.GetValue(_seed),
        ConfirmingSeeds = parsed.GetValue(_confirming),
        Share = parsed.GetValue(_share),
    };

    private SafetyPolicy Policy(ParseResult parsed, EvaluationSuite suite)
    {
        string? name = parsed.GetValue(_policyName);
        if (parsed.GetValue(_policy) is { } file)
        {
            if (name is not null) throw new InvalidRequestException("--policy", "and --policy-name exclude each other.");
            return SafetyPolicy.Load(file, _methods.Methods(parsed));
        }
        if (name is null) return SafetyPolicy.Empty;
        string[] known = [.. suite.Policies.Select(policy => policy.Name)];
        return suite.Policies.FirstOrDefault(policy => policy.Name == name)?.Policy
            ?? throw new InvalidRequestException("--policy-name", $"names '{name}'; there are {string.Join(", ", known)}.{NearestName.Question(name, known)}");
    }

    private ImmutableArray<string> Words(ParseResult parsed, string model)
    {
        if (parsed.GetValue(_words) is { } file) return [.. PromptFile.Read(file)];
        string vocabulary = Path.Combine(model, "tokenizer", "vocab.json");
        if (!File.Exists(vocabulary)) throw new InvalidRequestException("--words", $"is needed: there is no {vocabulary}.");
        return SearchWords.OfVocabulary(vocabulary);
    }

    private static TimeSpan TimeLimit(double seconds)
    {
        if (seconds is > 0 and <= 1e6) return TimeSpan.FromSeconds(seconds);
        throw new InvalidRequestException("--time-limit", "must be above 0 and at most 1000000 seconds.");
    }

    private static void WriteSummary(RobustnessResult result)
    {
        Interval interval = result.RateInterval ?? default;
        Terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Found.Count} prompts found of {result.Tried} tried ({result.Rate:0.0 %}, 95 % interval {interval.Low:0.0 %} to {interval.High:0.0 %}), {result.Screened} to be confirmed, {result.Draws} pictures drawn; ended by: {Reason(result.End)}."));
    }

    private static string Reason(SearchEnd end) => end switch
    {
        SearchEnd.Found => "as many as wanted",
        SearchEnd.Draws => "no more pictures",
        SearchEnd.Time => "the time",
        _ => "no more prompts of these words",
    };
}
