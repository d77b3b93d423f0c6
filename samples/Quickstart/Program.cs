using System.CommandLine;
using SafeDiffusion;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Methods.SafeLatent;
using SafeDiffusion.Policies;
using Spectre.Console;

Argument<string> promptArgument = new("prompt") { Description = "The text to draw." };
Option<string> avoidOption = new("--avoid") { Description = "The concept to keep out of the picture.", Required = true };
Option<long> seedOption = new("--seed") { Description = "Another seed is another picture.", DefaultValueFactory = _ => 9 };
Option<string?> modelOption = new("--model") { Description = "A model folder (default: this repository's models/shapes)." };
Option<string> outOption = new("--out") { Description = "The picture to write, .png, .jpg or .webp; the report is written beside it.", DefaultValueFactory = _ => "out.png" };
Command command = new("Quickstart", "Draws a text twice from the same seed: unprotected, and protected against a concept.")
{
    promptArgument, avoidOption, seedOption, modelOption, outOption, new System.CommandLine.Help.HelpOption(),
};
command.SetAction(async (parsed, cancellationToken) =>
{
    string picture = Path.GetFullPath(parsed.GetRequiredValue(outOption));
    string report = Path.ChangeExtension(picture, ".report.json");
    ImageCodecs codecs = ImageCodecs.Default.AddImageSharp();
    codecs.ForExtensionOf(picture); // refused now rather than after drawing

    // Load the model once; draw with it as often as you like.
    await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(
        parsed.GetValue(modelOption) ?? FindShapesModel(), cancellationToken: cancellationToken);
    string prompt = parsed.GetRequiredValue(promptArgument);
    GenerationRequest unprotected = new(prompt) { Seed = parsed.GetValue(seedOption), Steps = 25, GuidanceScale = 5 };
    SafetyPolicy policy = SafetyPolicy.Empty.AddSafeLatent(parsed.GetRequiredValue(avoidOption), SafeLatentPreset.Max);

    (GenerationResult without, GenerationResult with) = await AnsiConsole.Progress().StartAsync(async bars => (
        await pipeline.GenerateAsync(unprotected, new Bar(bars.AddTask("unprotected")), cancellationToken),
        await pipeline.GenerateAsync(unprotected with { Policy = policy }, new Bar(bars.AddTask("protected")), cancellationToken)));

    // Side by side; small pictures larger, to see them well.
    int factor = Math.Max(1, 384 / pipeline.Model.Width);
    ContactSheet.Compose([without.Images[0].Enlarge(factor), with.Images[0].Enlarge(factor)], columns: 2)
        .Save(picture, codecs);
    with.Report.Save(report);
    Console.WriteLine($"Pictures (unprotected | protected): {picture}");
    Console.WriteLine($"Report:                             {report}");
    Console.WriteLine(with.Report.Summary);
});

// A pipe or a file gets plain text.
AnsiConsole.Profile.Capabilities.Ansi = AnsiConsole.Profile.Capabilities.Interactive = !Console.IsOutputRedirected;
ParseResult arguments = command.Parse(args);
if (arguments.Errors.Count > 0)
{
    return Fail($"""
        {arguments.Errors[0].Message} Try:
        dotnet run --project samples/Quickstart -- "a blue circle and a red triangle on a gray background" --avoid "red triangle"
        """);
}
try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception error) when (error is SafeDiffusionException or OperationCanceledException)
{
    return Fail(error.Message);
}

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}

static string FindShapesModel()
{
    for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        string model = Path.Combine(folder.FullName, "models", "shapes");
        if (Directory.Exists(model)) return model;
    }
    throw new InvalidFileException("models/shapes", "is not above the program's folder. Name a model folder with --model.");
}

/// <summary>Shows a generation's steps as a progress bar.</summary>
internal sealed class Bar(ProgressTask task) : IProgress<GenerationProgress>
{
    public void Report(GenerationProgress value) => task.Value(100.0 * value.Step / value.Steps);
}
