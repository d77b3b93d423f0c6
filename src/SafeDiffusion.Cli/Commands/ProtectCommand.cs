using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Composing;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion protect</c>: from a concept to a policy that was measured.</summary>
internal sealed class ProtectCommand : Command
{
    private readonly Option<string> _out = new("--out", "-o") { Description = "The folder to write; one that holds a part of this run is gone on with. generate --policy takes it.", Required = true };
    private readonly Option<bool> _force = new("--force") { Description = "Write the best policy even where it misses limits." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress and no table; warnings and errors only." };
    private readonly ModelOptions _model = new();
    private readonly ProtectConceptOptions _concept = new();
    private readonly ProtectMeasuringOptions _measuring = new();

    public ProtectCommand() : base("protect", "Learn, compose, measure and choose a policy that keeps a concept out of pictures.")
    {
        _concept.AddTo(this);
        _model.AddTo(this);
        _measuring.AddTo(this);
        foreach (Option option in new Option[] { _out, _force, _quiet }) Options.Add(option);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(
            parsed, () => RunAsync(parsed, cancellationToken), "Cancelled; the same command goes on from here."));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string folder = parsed.GetRequiredValue(_out);
        bool quiet = parsed.GetValue(_quiet);
        OutputPath.RequireFolder(folder);
        OutputPath.RequireOutside(folder, _model.Folder(parsed));
        OutputPath.RequireNoInput(OutputPath.FilesBelow(folder), _concept.Inputs(parsed));
        ConceptProtectionOptions options = _measuring.Read(parsed, _concept.Read(parsed)) with { Force = parsed.GetValue(_force), Pipeline = _model.Pipeline(parsed) };
        try
        {
            ProtectionOutcome outcome = await ProtectDisplay.RunAsync(
                quiet, progress => ConceptProtector.RunAsync(_model.Folder(parsed), options, folder, progress, cancellationToken)).ConfigureAwait(false);
            ProtectDisplay.Tell(outcome, quiet);
            return outcome.Holds ? ExitCode.Success : ExitCode.Failure;
        }
        finally
        {
            (options.Annotator as IDisposable)?.Dispose();
        }
    }
}
