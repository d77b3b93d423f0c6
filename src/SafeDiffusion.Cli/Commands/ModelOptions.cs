using System.CommandLine;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say which model runs, and on what.</summary>
internal sealed class ModelOptions(bool isRequired = true)
{
    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = "The model folder, the one that holds unet/model.onnx.",
        Required = isRequired,
    };

    private readonly Option<string> _provider = new("--provider")
    {
        Description = "What runs the networks. One that is not there is an error.",
        HelpName = string.Join('|', Enum.GetValues<ExecutionProvider>().Select(Name)),
        DefaultValueFactory = _ => Name(ExecutionProvider.Cpu),
    };

    private readonly Option<int?> _threads = new("--threads") { Description = "Threads of one network call (default: ONNX Runtime's choice)." };

    private readonly Option<string?> _cache = new("--cache") { Description = "A folder to keep the optimised networks in, which load faster and share memory (default: nothing is kept)." };

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_provider);
        command.Options.Add(_threads);
        command.Options.Add(_cache);
    }

    public string Folder(ParseResult parsed) => parsed.GetRequiredValue(_model)!;

    /// <summary>The model folder; null where it was not given and need not be.</summary>
    public string? FolderOrNull(ParseResult parsed) => parsed.GetValue(_model);

    /// <exception cref="InvalidRequestException">The provider is unknown.</exception>
    public PipelineOptions Pipeline(ParseResult parsed) => new()
    {
        Provider = Provider(parsed.GetRequiredValue(_provider)),
        Threads = parsed.GetValue(_threads),
        CacheFolder = parsed.GetValue(_cache),
    };

    /// <summary>A provider's name on the command line and in reports.</summary>
    public static string Name(ExecutionProvider provider) => provider.ToString().ToLowerInvariant();

    private static ExecutionProvider Provider(string name)
    {
        foreach (ExecutionProvider provider in Enum.GetValues<ExecutionProvider>())
        {
            if (Name(provider).Equals(name, StringComparison.OrdinalIgnoreCase)) return provider;
        }
        throw new InvalidRequestException(
            "--provider", $"is '{name}'; known are {string.Join(" and ", Enum.GetValues<ExecutionProvider>().Select(Name))}.");
    }
}
