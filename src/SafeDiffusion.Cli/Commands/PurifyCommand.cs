using System.CommandLine;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Policies;
using SafeDiffusion.Reporting;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion purify</c>: cleans a given picture of a concept.</summary>
internal sealed class PurifyCommand : Command, IDescribesMethods
{
    private readonly Argument<string> _image = new("image") { Description = "The picture to clean: PNG, JPEG or WebP." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The cleaned picture's file, .png, .jpg or .webp.", Required = true };
    private readonly Option<string?> _sheet = new("--sheet") { Description = "A file for the picture before, what was detected, and the picture after, side by side; .png, .jpg or .webp." };
    private readonly Option<string?> _report = new("--report") { Description = "A file for the report (JSON)." };
    private readonly Option<float> _strength = new("--strength") { Description = "How far up the noise levels the picture is taken, 0 to 1.", DefaultValueFactory = _ => PurifyRequest.DefaultStrength };
    private readonly Option<int> _steps = new("--steps") { Description = "Steps of the whole schedule.", DefaultValueFactory = _ => GenerationRequest.DefaultSteps };
    private readonly Option<float> _guidance = new("--guidance") { Description = "The guidance scale.", DefaultValueFactory = _ => GenerationRequest.DefaultGuidanceScale };
    private readonly Option<string?> _prompt = new("--prompt") { Description = "What the picture is to show, where that is known (default: the null text)." };
    private readonly Option<string?> _inversion = new("--inversion-text") { Description = "The text that the picture is inverted under (default: the null text)." };
    private readonly Option<string> _region = new("--region")
    {
        Description = "What may change: where the guidelines detect, or everywhere; auto is the first where every protection that acts has a guideline.",
        HelpName = string.Join('|', Enum.GetValues<PurifyRegion>().Select(NameOf)),
        DefaultValueFactory = _ => NameOf(PurifyRegion.Auto),
    };
    private readonly Option<int> _dilation = new("--dilation") { Description = "How many latent positions beyond what is detected may change.", DefaultValueFactory = _ => PurifyRequest.DefaultDilation };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress, no summary; warnings and errors only." };
    private readonly ModelOptions _model = new();
    private readonly PictureOptions _pictures = new();
    private readonly PolicyOptions _policy = new("--concept");
    private readonly CheckerOptions _checkers = new();

    public PurifyCommand() : base("purify", "Clean a given picture of a concept.")
    {
        Arguments.Add(_image);
        _model.AddTo(this);
        _pictures.AddTo(this);
        _policy.AddTo(this);
        _checkers.AddTo(this);
        Option[] options = [_out, _sheet, _report, _strength, _steps, _guidance, _prompt, _inversion, _region, _dilation, _quiet];
        foreach (Option option in options) Options.Add(option);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    public void DescribeMethods(ParseResult parsed) => _policy.Describe(parsed);

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        SafetyPolicy policy = _policy.Policy(parsed);
        if (policy.Protections.IsEmpty) throw new InvalidRequestException("--concept, --guideline, --policy", "say what to clean the picture of; give one of them.");
        string[] pictures = [.. new[] { parsed.GetRequiredValue(_out), parsed.GetValue(_sheet) }.OfType<string>()];
        ImageCodecs codecs = _pictures.Read(parsed, pictures);
        string[] files = [.. pictures, .. new[] { parsed.GetValue(_report) }.OfType<string>()];
        string image = parsed.GetRequiredValue(_image);
        OutputPath.RequireWritable(files);
        OutputPath.RequireNoInput(files, [image, .. _policy.Inputs(parsed), .. policy.Requirements.Assets.Select(required => required.Asset.Path), .. _checkers.Inputs(parsed)], _model.Folder(parsed));
        PurifyRequest request = Request(parsed, RgbImage.Load(image, PictureOptions.Codecs), policy);

        PipelineOptions options = _model.Pipeline(parsed).For(policy);
        using LoadedCheckers checkers = _checkers.Load(parsed, options, _model.Folder(parsed));
        bool quiet = parsed.GetValue(_quiet);
        await using SafeDiffusionPipeline pipeline = await LoadingDisplay
            .LoadAsync(_model.Folder(parsed), options with { Checkers = checkers.All }, quiet, cancellationToken).ConfigureAwait(false);
        PurifyResult result = await ProgressBar.RunAsync(quiet, progress => pipeline.PurifyAsync(request, progress, cancellationToken)).ConfigureAwait(false);
        result.Image.Save(parsed.GetRequiredValue(_out), codecs);
        if (parsed.GetValue(_sheet) is { } sheet) result.Sheet(request.Image).Save(sheet, codecs);
        if (parsed.GetValue(_report) is { } report) result.Report.Save(report);
        Tell(result.Report, files, quiet);
        return ExitCode.Success;
    }

    private PurifyRequest Request(ParseResult parsed, RgbImage image, SafetyPolicy policy) => new(image, policy)
    {
        Strength = parsed.GetValue(_strength),
        Steps = parsed.GetValue(_steps),
        GuidanceScale = parsed.GetValue(_guidance),
        Prompt = parsed.GetValue(_prompt) ?? "",
        InversionText = parsed.GetValue(_inversion) ?? "",
        Region = Region(parsed.GetRequiredValue(_region)),
        Dilation = parsed.GetValue(_dilation),
    };

    private static PurifyRegion Region(string name)
    {
        foreach (PurifyRegion region in Enum.GetValues<PurifyRegion>())
        {
            if (NameOf(region).Equals(name, StringComparison.OrdinalIgnoreCase)) return region;
        }
        throw new InvalidRequestException("--region", $"is '{name}'; it must be auto, detected or everywhere.");
    }

    private static string NameOf(PurifyRegion region) => region.ToString().ToLowerInvariant();

    private static void Tell(PurifyReport report, IEnumerable<string> files, bool quiet)
    {
        if (quiet)
        {
            foreach (ReportWarning warning in report.Generation.Warnings) Terminal.WriteWarning(warning.Message);
            return;
        }
        Terminal.Error.WriteLine(report.Summary);
        foreach (string file in files) Terminal.WriteFile(file);
    }
}
