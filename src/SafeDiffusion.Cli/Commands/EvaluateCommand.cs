using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Evaluation.Runs.Planning;
using SafeDiffusion.Evaluation.Suites;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion evaluate</c>: measures what policies achieve, break and cost.</summary>
internal sealed class EvaluateCommand : Command
{
    private readonly Argument<string> _suite = new("suite") { Description = "The suite's JSON file (docs/evaluation.md)." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The run's folder; one that holds a part of this run is gone on with.", Required = true };
    private readonly Option<bool> _quick = new("--quick") { Description = "Few seeds of each set, as the suite says: a first look." };
    private readonly Option<int?> _seeds = new("--seeds") { Description = "Seeds of each set, instead of the suite's." };
    private readonly Option<string[]> _set = new("--set") { Description = "Only the prompt sets of these names.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _policyName = new("--policy-name")
    {
        Description = "Only the policies of these names, and the undefended one.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> _shard = new("--shard") { Description = "Only a part of the run, such as 2/3; join the parts with merge." };
    private readonly Option<string?> _baseline = new("--baseline") { Description = "An earlier report.json; a significant loss against it is exit code 1." };
    private readonly Option<int?> _workers = new("--workers") { Description = "Batches drawn at a time (default: as processors allow)." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress and no table; warnings and errors only." };
    private readonly ModelOptions _model = new(isRequired: false);
    private readonly MethodOptions _methods = new();

    public EvaluateCommand() : base("evaluate", "Measure what policies achieve, what they break and what they cost.")
    {
        Arguments.Add(_suite);
        _model.AddTo(this);
        _methods.AddTo(this);
        Option[] options = [_out, _quick, _seeds, _set, _policyName, _shard, _baseline, _workers, _quiet];
        foreach (Option option in options) Options.Add(option);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(
            parsed, () => RunAsync(parsed, cancellationToken), "Cancelled; the same command goes on from here."));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string folder = parsed.GetRequiredValue(_out);
        bool quiet = parsed.GetValue(_quiet);
        EvaluationSuite suite = Suite(parsed);
        EvaluationFiles files = new(
            folder, parsed.GetValue(_baseline), [parsed.GetRequiredValue(_suite), .. suite.Files, .. _methods.Files(parsed)], _model.FolderOrNull(parsed) ?? suite.Model);
        EvaluationOptions options = RunOptions(parsed);
        using SuiteNetworks networks = SuiteNetworks.Load(suite, options.Provider);
        EvaluationOutcome outcome = await EvaluationDisplay.RunAsync(
            quiet, (progress, loading) => EvaluationRun.RunAsync(suite, folder, options with { LoadProgress = loading }, progress, cancellationToken)).ConfigureAwait(false);
        EvaluationFiles.Tell(outcome);
        if (!quiet) Terminal.Error.MarkupLineInterpolated($"[grey]{EvaluationDisplay.Summary(outcome)}[/]");
        if (outcome.Missing == 0) return files.Report(outcome, networks.Options, quiet, cancellationToken);
        Terminal.WriteFile(folder);
        return ExitCode.Success;
    }

    private EvaluationSuite Suite(ParseResult parsed)
    {
        EvaluationSuite suite = EvaluationSuite.Load(parsed.GetRequiredValue(_suite), EvaluationFiles.Judges, _methods.Methods(parsed));
        if (parsed.GetValue(_quick)) suite = suite.Quick();
        if (parsed.GetValue(_seeds) is { } seeds)
        {
            if (seeds < 1) throw new InvalidRequestException("--seeds", $"must be at least 1, and is {seeds}.");
            suite = suite.WithSeeds(seeds);
        }
        if (parsed.GetValue(_set) is { Length: > 0 } sets) suite = Part(_set, () => suite.WithSets(sets));
        return parsed.GetValue(_policyName) is { Length: > 0 } policies ? Part(_policyName, () => suite.WithPolicies(policies)) : suite;
    }

    /// <summary>A part of the suite; a name that is not in it is the option's fault, not the file's.</summary>
    private static EvaluationSuite Part(Option option, Func<EvaluationSuite> part)
    {
        try
        {
            return part();
        }
        catch (InvalidSuiteException error)
        {
            throw new InvalidRequestException(option.Name, error.Reason);
        }
    }

    private EvaluationOptions RunOptions(ParseResult parsed)
    {
        PipelineOptions pipeline = _model.Pipeline(parsed);
        return new EvaluationOptions
        {
            Model = _model.FolderOrNull(parsed),
            Provider = pipeline.Provider,
            Threads = pipeline.Threads,
            Workers = parsed.GetValue(_workers),
            Shard = parsed.GetValue(_shard) is { } shard ? Shard.Parse(shard) : Shard.Whole,
            Command = CommandLine(parsed),
        };
    }

    /// <summary>The command line that makes the whole report again, whichever part of it this one makes.</summary>
    private string CommandLine(ParseResult parsed)
    {
        IEnumerable<string> words = ["safediffusion", "evaluate", parsed.GetRequiredValue(_suite)];
        if (_model.FolderOrNull(parsed) is { } model) words = [.. words, "--model", model];
        words = [.. words, .. Repeated("--methods", _methods.Files(parsed))];
        if (parsed.GetValue(_quick)) words = [.. words, "--quick"];
        if (parsed.GetValue(_seeds) is { } seeds) words = [.. words, "--seeds", $"{seeds}"];
        words = [.. words, .. Repeated("--set", parsed.GetValue(_set)), .. Repeated("--policy-name", parsed.GetValue(_policyName)), "--out", "DIR"];
        return string.Join(' ', words.Select(word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word));
    }

    private static IEnumerable<string> Repeated(string option, IEnumerable<string>? values) => (values ?? []).SelectMany(value => (string[])[option, value]);
}
