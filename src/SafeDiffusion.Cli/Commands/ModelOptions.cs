using System.CommandLine;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The options that say which model runs, and on what.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "The model folder, the one that holds unet/model.onnx.",
        Required = true,
    };

    private readonly Option<ExecutionProvider> _provider = new("--provider")
    {
        Description = "What runs the networks: cpu or cuda. One that is not there is an error.",
        DefaultValueFactory = _ => ExecutionProvider.Cpu,
    };

    private readonly Option<int?> _threads = new("--threads") { Description = "Threads of one network call (default: ONNX Runtime's choice)." };

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_provider);
        command.Options.Add(_threads);
    }

    public string Folder(ParseResult parsed) => parsed.GetRequiredValue(_model);

    public PipelineOptions Pipeline(ParseResult parsed) => new() { Provider = parsed.GetValue(_provider), Threads = parsed.GetValue(_threads) };
}
