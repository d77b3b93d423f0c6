using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Training.Scales;
using SafeDiffusion.Training.Scales.Labelling;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion learn adapter</c>: learns what chooses growth inhibition's scale, picture by picture.</summary>
internal sealed class LearnAdapterCommand : Command
{
    private readonly Option<string?> _out = new("--out", "-o") { Description = "The file to write (.adapter.safetensors); not with --sheets." };
    private readonly Option<string?> _plot = new("--plot") { Description = "A plot of predicted against labelled scale, .svg." };
    private readonly Option<string?> _judge = new("--judge")
    {
        Description = "What says the best scale of drawn pictures: shapes (the shapes model's world), or a judge's settings as in suites (.json), such as an ONNX classifier's.",
        HelpName = "shapes|file",
    };
    private readonly Option<string?> _sheets = new("--sheets") { Description = "Instead of a judge, first: a folder to write contact sheets to, and labels.csv to fill in." };
    private readonly Option<string?> _labels = new("--labels") { Description = "Instead of a judge, then: labels.csv, filled in. Give the same options as with --sheets." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress, no summary; errors only." };
    private readonly ModelOptions _model = new();
    private readonly LearnAdapterOptions _options = new();

    public LearnAdapterCommand() : base("adapter", "Learn what chooses growth inhibition's scale, picture by picture.")
    {
        _model.AddTo(this);
        foreach (Option option in new Option[] { _out, _judge, _sheets, _labels, _plot, _quiet }) Options.Add(option);
        _options.AddTo(this);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string?[] ways = [parsed.GetValue(_judge), parsed.GetValue(_sheets), parsed.GetValue(_labels)];
        if (ways.Count(way => way is not null) != 1) throw new InvalidRequestException("--judge", "or one of --sheets and --labels is needed, and no more than one: say who finds the best scale.");
        return parsed.GetValue(_sheets) is { } folder ? WriteSheetsAsync(parsed, folder, cancellationToken) : LearnAsync(parsed, cancellationToken);
    }

    private async Task<int> WriteSheetsAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        if ((parsed.GetValue(_out) ?? parsed.GetValue(_plot)) is not null) throw new InvalidRequestException("--sheets", "learns nothing, and writes neither --out nor --plot. Leave them for the run with --labels.");
        OutputPath.RequireFolder(folder);
        OutputPath.RequireOutside(folder, _model.Folder(parsed));
        AdapterLearningOptions options = _options.Read(parsed) with { Pipeline = _model.Pipeline(parsed) };
        string file = await LearningProgressBar.RunAsync(parsed.GetValue(_quiet), (AdapterLearningProgress value) => LearningBar.Of(value), (progress, loading) => AdapterLearner.WriteSheetsAsync(
            _model.Folder(parsed), options with { Pipeline = options.Pipeline with { LoadProgress = loading } }, folder, progress, cancellationToken)).ConfigureAwait(false);
        Terminal.WriteFile(file);
        if (!parsed.GetValue(_quiet)) Terminal.Error.WriteLine($"Fill in the scale of each line by the sheets beside it: the smallest at which the concept is gone and the picture whole, 0 where it never was there, {ScaleLabels.Untold} where that cannot be told. Then run this again with --labels and --out in place of --sheets.");
        return ExitCode.Success;
    }

    private async Task<int> LearnAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string file = parsed.GetValue(_out) ?? throw new InvalidRequestException("--out", "is missing: name the file to write.");
        string? plot = parsed.GetValue(_plot);
        string[] outputs = plot is null ? [file] : [file, plot];
        OutputPath.RequireWritable(outputs);
        OutputPath.RequireNoInput(outputs, [_options.File(parsed), parsed.GetValue(_labels), .. JudgeFiles(parsed.GetValue(_judge))], _model.Folder(parsed));
        AdapterLearningOptions options = _options.Read(parsed) with { Pipeline = _model.Pipeline(parsed) };
        using ImageScaleJudge? judge = parsed.GetValue(_judge) is { } name ? ImageScaleJudge.Of(name, options.Pipeline) : null;
        ScaleLabels? labels = parsed.GetValue(_labels) is { } csv ? ScaleLabels.Load(csv) : null;
        LearnedAdapter learned = await LearningProgressBar.RunAsync(parsed.GetValue(_quiet), (AdapterLearningProgress value) => LearningBar.Of(value), (progress, loading) =>
        {
            AdapterLearningOptions loaded = options with { Pipeline = options.Pipeline with { LoadProgress = loading } };
            return judge is not null
                ? AdapterLearner.LearnAsync(_model.Folder(parsed), loaded, judge, progress, cancellationToken)
                : AdapterLearner.LearnAsync(_model.Folder(parsed), loaded, labels!, progress, cancellationToken);
        }).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        learned.Adapter.Save(file);
        if (plot is not null) AtomicFile.WriteText(plot, learned.Plot);
        if (!parsed.GetValue(_quiet)) AdapterTable.Write(learned);
        foreach (string output in outputs) Terminal.WriteFile(output);
        return ExitCode.Success;
    }

    private static IEnumerable<string> JudgeFiles(string? judge) =>
        judge is null || !File.Exists(judge) ? [] : [judge, .. OutputPath.FilesBelow(Path.GetDirectoryName(Path.GetFullPath(judge))).Where(file => file.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))];
}
