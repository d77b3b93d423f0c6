using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Training.Erasing;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion learn erasure</c>: learns to read a concept as something else.</summary>
internal sealed class LearnErasureCommand : Command
{
    private readonly Option<string> _out = new("--out", "-o") { Description = "The file to write (.erasure.safetensors).", Required = true };
    private readonly Option<string?> _prompts = new("--prompts-out") { Description = "Writes the prompts that it was learned from, one a line." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No summary; errors only." };
    private readonly ModelOptions _model = new();
    private readonly ErasureOptions _erasure = new();

    public LearnErasureCommand() : base("erasure", "Learn to read a concept as something else, from words and captions; the text encoder alone runs.")
    {
        _model.AddTo(this);
        foreach (Option option in new Option[] { _out, _prompts, _quiet }) Options.Add(option);
        _erasure.AddTo(this);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string file = parsed.GetRequiredValue(_out);
        string? prompts = parsed.GetValue(_prompts);
        string[] outputs = prompts is null ? [file] : [file, prompts];
        OutputPath.RequireWritable(outputs);
        OutputPath.RequireNoInput(outputs, _erasure.Inputs(parsed), _model.Folder(parsed));
        ErasureLearningOptions options = _erasure.Read(parsed) with { Pipeline = _model.Pipeline(parsed) };
        LearnedErasure learned = await ErasureLearner.LearnAsync(_model.Folder(parsed), options, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        learned.Projection.Save(file);
        if (prompts is not null) AtomicFile.WriteText(prompts, string.Join('\n', learned.ConceptPrompts.Concat(learned.HarmlessPrompts).Where(prompt => prompt.Length > 0)) + "\n");
        if (!parsed.GetValue(_quiet)) ErasureSummary.Write(learned);
        Terminal.WriteFile(file);
        if (prompts is not null) Terminal.WriteFile(prompts);
        return ExitCode.Success;
    }
}
