using System.CommandLine;
using SafeDiffusion.Cli.Commands;

namespace SafeDiffusion.Cli;

/// <summary>The command line tool.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        RootCommand root = new("Draws with Stable Diffusion v1 models (ONNX), and keeps concepts out of the pictures while they are drawn.")
        {
            new GenerateCommand(),
            new InspectCommand(),
            new InstrumentCommand(),
            new VerifyCommand(),
            new BenchCommand(),
        };
        ParseResult parsed = root.Parse(arguments);
        int code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        return parsed.Errors.Count > 0 ? ExitCode.BadInput : code;
    }
}
