using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
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

    /// <summary>Writes a file's text to standard output as it is: the console would break lines at its width.</summary>
    public static void WriteText(string text) => Console.Out.Write(text);

    /// <summary>Writes an error's message; further lines of it are indented, so that none can pass for a line of the tool's own.</summary>
    public static void WriteError(string message) => Error.MarkupLineInterpolated($"[red]error:[/] {Indented(message)}");

    /// <summary>Writes a warning.</summary>
    public static void WriteWarning(string message) => Error.MarkupLineInterpolated($"[yellow]warning:[/] {Indented(message)}");

    private static string Indented(string message) => VisibleText.OfLines(message.TrimEnd()).Replace("\n", "\n  ", StringComparison.Ordinal);

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        IAnsiConsole console = CreateRaw(writer, isRedirected);
        console.Pipeline.Attach(new VisibleOutput());
        return console;
    }

    private static IAnsiConsole CreateRaw(TextWriter writer, bool isRedirected)
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
