using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Reporting;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion generate</c>: draws pictures.</summary>
internal sealed class GenerateCommand : Command, IDescribesMethods
{
    private readonly Argument<string?> _prompt = new("prompt")
    {
        Description = "The text to draw; - reads prompts from standard input, one a line.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> _prompts = new("--prompts") { Description = "A text file of prompts, one a line." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The picture's file, .png, .jpg or .webp; several pictures are numbered.", DefaultValueFactory = _ => "out.png" };
    private readonly Option<string?> _sheet = new("--sheet") { Description = "A file for all pictures on one contact sheet, .png, .jpg or .webp." };
    private readonly Option<string?> _report = new("--report") { Description = "A file for the report (JSON); several prompts are numbered." };
    private readonly Option<string?> _latentsOut = new("--latents-out") { Description = "A .safetensors file for the latents of every step." };
    private readonly Option<string?> _previews = new("--previews") { Description = "A folder for pictures of every few steps, as the model predicts them." };
    private readonly Option<int> _previewEvery = new("--preview-every") { Description = "Every how many steps.", DefaultValueFactory = _ => 5 };
    private readonly Option<string?> _heatMaps = new("--heatmaps") { Description = "A folder for sheets of heat maps: what was detected, laid over the picture as predicted." };
    private readonly Option<int?> _heatMapEvery = new("--heatmap-every") { Description = "Every how many steps (default: twelve maps in all)." };
    private readonly Option<bool> _noSettings = new("--no-settings") { Description = "Leave the generation's settings out of the pictures; only PNG holds them." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress, no summary; warnings and errors only." };
    private readonly ModelOptions _model = new();
    private readonly RequestOptions _request = new();
    private readonly PictureOptions _pictures = new();
    private readonly PolicyOptions _policy = new();
    private readonly CheckerOptions _checkers = new();

    public GenerateCommand() : base("generate", "Draw pictures.")
    {
        Arguments.Add(_prompt);
        _model.AddTo(this);
        _request.AddTo(this);
        _pictures.AddTo(this);
        _policy.AddTo(this);
        _checkers.AddTo(this);
        Option[] options = [_prompts, _out, _sheet, _report, _latentsOut, _previews, _previewEvery, _heatMaps, _heatMapEvery, _noSettings, _quiet];
        foreach (Option option in options) Options.Add(option);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    public void DescribeMethods(ParseResult parsed) => _policy.Describe(parsed);

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] prompts = Prompts(parsed);
        GenerationRequest template = Template(parsed);
        PipelineOptions options = _model.Pipeline(parsed).For(template.Policy);
        GenerationFiles files = Files(parsed, prompts.Length, template.Count);
        files.RequireWritable([.. Inputs(parsed), .. template.Policy.Requirements.Assets.Select(required => required.Asset.Path)], _model.Folder(parsed));
        using LoadedCheckers checkers = _checkers.Load(parsed, options, _model.Folder(parsed));
        bool quiet = parsed.GetValue(_quiet);
        await using SafeDiffusionPipeline pipeline = await LoadingDisplay
            .LoadAsync(_model.Folder(parsed), options with { Checkers = checkers.All }, quiet, cancellationToken).ConfigureAwait(false);

        for (int i = 0; i < prompts.Length; i++)
        {
            GenerationRequest request = template with { Prompt = prompts[i] };
            GenerationResult result = await ProgressBar.RunAsync(
                quiet, prompts.Length > 1 ? $"{i + 1}/{prompts.Length}" : "drawing",
                progress => pipeline.GenerateAsync(request, progress, cancellationToken), files.PreviewsOf(i)).ConfigureAwait(false);
            Tell(result.Report, files.Save(i, result), quiet);
        }
        foreach (string file in files.SaveSheet().Where(_ => !quiet)) Terminal.WriteFile(file);
        return ExitCode.Success;
    }

    /// <summary>The request, but for its prompt.</summary>
    private GenerationRequest Template(ParseResult parsed)
    {
        int every = parsed.GetValue(_previewEvery);
        if (every < 1) throw new InvalidRequestException("--preview-every", $"must be at least 1, and is {every}.");
        GenerationRequest request = _request.Request(parsed, _policy.Policy(parsed));
        int mapEvery = parsed.GetValue(_heatMapEvery) ?? Math.Max(1, request.Steps / 12);
        if (mapEvery < 1) throw new InvalidRequestException("--heatmap-every", $"must be at least 1, and is {mapEvery}.");
        return request with
        {
            HeatMapEvery = parsed.GetValue(_heatMaps) is null ? 0 : mapEvery,
            KeepLatents = parsed.GetValue(_latentsOut) is not null,
            PreviewEvery = parsed.GetValue(_previews) is null ? 0 : every,
        };
    }

    private GenerationFiles Files(ParseResult parsed, int prompts, int count) => new(parsed.GetRequiredValue(_out), prompts, Math.Max(count, 0))
    {
        Codecs = _pictures.Read(parsed, parsed.GetValue(_sheet) is { } sheet ? [parsed.GetRequiredValue(_out), sheet] : [parsed.GetRequiredValue(_out)]),
        Report = parsed.GetValue(_report),
        Latents = parsed.GetValue(_latentsOut),
        Sheet = parsed.GetValue(_sheet),
        Previews = parsed.GetValue(_previews),
        HeatMaps = parsed.GetValue(_heatMaps),
        Settings = !parsed.GetValue(_noSettings),
    };

    private IEnumerable<string?> Inputs(ParseResult parsed) =>
        [parsed.GetValue(_prompts), .. _request.Inputs(parsed), .. _policy.Inputs(parsed), .. _checkers.Inputs(parsed)];

    private string[] Prompts(ParseResult parsed)
    {
        string? prompt = parsed.GetValue(_prompt);
        string? file = parsed.GetValue(_prompts);
        if (prompt is null == file is null) throw new InvalidRequestException("prompt", "give one prompt, or - for standard input, or --prompts FILE.");
        if (prompt is not null && prompt != "-") return [prompt];
        string[] lines = prompt is null ? PromptFile.Read(file!) : PromptFile.ReadInput();
        return lines.Length > 0 ? lines : throw new InvalidRequestException("prompts", "hold no line with a text.");
    }

    private static void Tell(GenerationReport report, IEnumerable<string> files, bool quiet)
    {
        if (quiet)
        {
            foreach (ReportWarning warning in report.Warnings) Terminal.WriteWarning(warning.Message);
            return;
        }
        Terminal.Error.WriteLine(report.Summary);
        foreach (string file in files) Terminal.WriteFile(file);
    }
}
