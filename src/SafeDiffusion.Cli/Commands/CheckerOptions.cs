using System.CommandLine;
using SafeDiffusion.Checking;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The option that names networks which look at finished pictures.</summary>
internal sealed class CheckerOptions
{
    /// <summary>The word for the checker in the model's own folder.</summary>
    private const string OfModel = "model";

    private readonly Option<string[]> _checkers = new("--checker")
    {
        Description = "A safety checker (ONNX, of Stable Diffusion's form) that looks at every finished picture: a file, or model for the one in the model folder; may be repeated.",
        HelpName = "file|model",
    };

    /// <summary>The files that are read; null where one was not given.</summary>
    public IEnumerable<string?> Inputs(ParseResult parsed) =>
        (parsed.GetValue(_checkers) ?? []).Where(path => path != OfModel).SelectMany(file => OutputPath.NetworkFiles(file));

    public void AddTo(Command command) => command.Options.Add(_checkers);

    /// <summary>Loads the checkers, on what the model runs on.</summary>
    /// <exception cref="InvalidFileException">A file is missing, damaged, or no safety checker.</exception>
    public LoadedCheckers Load(ParseResult parsed, PipelineOptions options, string modelFolder)
    {
        LoadedCheckers loaded = new();
        try
        {
            foreach (string path in parsed.GetValue(_checkers) ?? [])
            {
                OnnxImageCheckerOptions settings = new() { Provider = options.Provider, Threads = options.Threads };
                loaded.Add(path == OfModel ? OnnxImageChecker.LoadFromModel(modelFolder, settings) : OnnxImageChecker.Load(path, settings with { Name = Name(path) }));
            }
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>The file's name, or its folder's where exports call every file <c>model.onnx</c>.</summary>
    private static string Name(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        string folder = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? "";
        return name == "model" && folder.Length > 0 ? folder : name;
    }
}

/// <summary>Checkers that are freed together.</summary>
internal sealed class LoadedCheckers : IDisposable
{
    private readonly List<IImageChecker> _all = [];

    public IReadOnlyList<IImageChecker> All => _all;

    public void Add(IImageChecker checker) => _all.Add(checker);

    public void Dispose()
    {
        foreach (IImageChecker checker in _all) checker.Dispose();
    }
}
