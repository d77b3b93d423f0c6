using SafeDiffusion.Core.Errors;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>Where the tool writes: results to standard output, everything else to standard error.</summary>
internal static class Terminal
{
    public static IAnsiConsole Out { get; } = Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Error { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>Runs a command's work; an error becomes a message and an exit code.</summary>
    public static async Task<int> RunAsync(Func<Task<int>> work, string cancelled = "Cancelled; nothing half-written was left behind.")
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Error.MarkupLineInterpolated($"[yellow]{cancelled}[/]");
            return ExitCode.Cancelled;
        }
        catch (SafeDiffusionException error)
        {
            WriteError(error.Message);
            return ExitCode.Of(error);
        }
        catch (Exception error)
        {
            WriteError($"unforeseen, please report it: {error}");
            return ExitCode.Failure;
        }
    }

    /// <summary>Writes an error's message.</summary>
    public static void WriteError(string message) => Error.MarkupLineInterpolated($"[red]error:[/] {message}");

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        if (!isRedirected) return AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        // Spectre looks at the TERM variable alone, and would write colour codes into pipes and files.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        // They have no width either; at 80 columns paths would be cut in two.
        console.Profile.Width = 4096;
        return console;
    }
}
