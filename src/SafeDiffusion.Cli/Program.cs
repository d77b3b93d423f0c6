using System.CommandLine;
using SafeDiffusion.Cli.Commands;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using Spectre.Console;

namespace SafeDiffusion.Cli;

/// <summary>The command line tool.</summary>
internal static class Program
{
    /// <summary>How long a cancelled command may take to end before the process ends without it.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    public static async Task<int> Main(string[] arguments)
    {
        ParseResult parsed = CreateRoot().Parse(arguments.Length == 0 ? ["--help"] : arguments);
        if (parsed.Errors.Count > 0) return Refuse(parsed);
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = _patience,
        }).ConfigureAwait(false);
    }

    /// <summary>Not a <see cref="RootCommand"/>, whose name is that of the assembly and not of the tool.</summary>
    internal static Command CreateRoot() => new(
        "safediffusion", "Draws with Stable Diffusion v1 models (ONNX), and keeps concepts out of the pictures while they are drawn.")
    {
        new ProtectCommand(),
        new GenerateCommand(),
        new PurifyCommand(),
        new InspectCommand(),
        new InstrumentCommand(),
        new BakeCommand(),
        new QuantizeCommand(),
        new VerifyCommand(),
        new BenchCommand(),
        new EvaluateCommand(),
        new EvaluateMergeCommand(),
        new RobustnessCommand(),
        new LearnCommand(),
        new FineTuneCommand(),
        new SchemaCommand(),
        MethodsHelp.Option(),
        new VersionOption(),
    };

    private static int Refuse(ParseResult parsed)
    {
        string? unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        // An unknown word brings further errors with it, that the parser then misses something.
        Terminal.WriteError(unknown is null ? parsed.Errors[0].Message : $"'{unknown}' is no command or option here.{NearestName.Question(unknown, Known(parsed.CommandResult.Command))}");
        string command = parsed.CommandResult.Command is { Name: not "safediffusion" } inner ? $"safediffusion {inner.Name}" : "safediffusion";
        Terminal.Error.WriteLine($"See {command} --help.");
        return ExitCode.BadInput;
    }

    private static IEnumerable<string> Known(Command command) => command.Options.Where(option => !option.Hidden).Select(option => option.Name)
        .Concat(command.Subcommands.Select(inner => inner.Name));
}
