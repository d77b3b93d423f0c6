using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Evaluation.Reporting.Building;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Evaluation.Suites;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion merge</c>: joins the shards of an evaluation.</summary>
internal sealed class EvaluateMergeCommand : Command
{
    private readonly Argument<string[]> _folders = new("folders") { Description = "The folders of all shards of a run.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The folder for the whole run and its report.", Required = true };
    private readonly Option<string?> _suite = new("--suite") { Description = "The suite, where it names networks for the report (features, clip)." };
    private readonly Option<string?> _baseline = new("--baseline") { Description = "An earlier report.json; a significant loss against it is exit code 1." };
    private readonly MethodOptions _methods = new();
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No table; warnings and errors only." };

    public EvaluateMergeCommand() : base("merge", "Join the shards of an evaluation, and write its report.")
    {
        Arguments.Add(_folders);
        Option[] options = [_out, _suite, _baseline, _quiet];
        _methods.AddTo(this);
        foreach (Option option in options) Options.Add(option);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(
            parsed, () => RunAsync(parsed, cancellationToken), "Cancelled; the same command goes on from here."));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string folder = parsed.GetRequiredValue(_out);
        EvaluationFiles files = new(folder, parsed.GetValue(_baseline), [parsed.GetValue(_suite), .. _methods.Files(parsed)]);
        EvaluationOutcome outcome = await Task.Run(() => RunMerge.Merge(parsed.GetRequiredValue(_folders), folder, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        EvaluationFiles.Tell(outcome);
        if (outcome.HasNetworks && parsed.GetValue(_suite) is null)
        {
            throw new InvalidRequestException("--suite", "is needed: the suite names networks for the report, which would be missing without them.");
        }
        using SuiteNetworks? networks = parsed.GetValue(_suite) is { } suite ? SuiteNetworks.Load(EvaluationSuite.Load(suite, EvaluationFiles.Judges, _methods.Methods(parsed))) : null;
        return files.Report(outcome, networks?.Options ?? new ReportOptions(), parsed.GetValue(_quiet), cancellationToken);
    }
}
