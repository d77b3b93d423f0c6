using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Training;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion learn guideline</c>: learns a detector of a concept.</summary>
internal sealed class LearnGuidelineCommand : Command
{
    private readonly Option<string> _out = new("--out", "-o") { Description = "The file to write (.guideline.safetensors).", Required = true };
    private readonly Option<string?> _sheet = new("--sheet") { Description = "A sheet of held-out pictures with their maps, .png, .jpg or .webp." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress, no summary; errors only." };
    private readonly ModelOptions _model = new();
    private readonly LearnPictureOptions _pictures = new();
    private readonly LearnMethodOptions _method = new();

    public LearnGuidelineCommand() : base("guideline", "Learn a detector of a concept from pictures and the concept's places in them.")
    {
        _model.AddTo(this);
        foreach (Option option in new Option[] { _out, _sheet, _quiet }) Options.Add(option);
        _pictures.AddTo(this);
        _method.AddTo(this);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string file = parsed.GetRequiredValue(_out);
        string? sheet = parsed.GetValue(_sheet);
        string[] outputs = sheet is null ? [file] : [file, sheet];
        OutputPath.RequireWritable(outputs);
        OutputPath.RequireNoInput(outputs, _pictures.Inputs(parsed), _model.Folder(parsed));
        if (sheet is not null) PictureOptions.Codecs.ForExtensionOf(sheet);
        bool quiet = parsed.GetValue(_quiet);
        GuidelineLearningOptions options = _pictures.Read(parsed, _method.Read(parsed) with { Pipeline = _model.Pipeline(parsed) });
        try
        {
            LearnedGuideline learned = await LearningProgressBar.RunAsync(
                quiet, (GuidelineLearningProgress value) => LearningBar.Of(value), (progress, loading) => GuidelineLearner.LearnAsync(
                    _model.Folder(parsed), options with { Pipeline = options.Pipeline with { LoadProgress = loading } }, progress, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            learned.Guideline.Save(file);
            if (sheet is not null) learned.Sheet.Save(sheet, PictureOptions.Codecs);
            if (!quiet) SeparationTable.Write(learned.Separation);
            Terminal.WriteFile(file);
            if (sheet is not null) Terminal.WriteFile(sheet);
            foreach (string shortcoming in learned.Shortcomings) Terminal.WriteWarning(shortcoming);
            return learned.Shortcomings.IsEmpty ? ExitCode.Success : ExitCode.Failure;
        }
        finally
        {
            (options.Annotator as IDisposable)?.Dispose();
        }
    }
}
