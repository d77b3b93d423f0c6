using System.CommandLine;
using System.Globalization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using Spectre.Console;

namespace SafeDiffusion.Cli.Output;

/// <summary>Where the tool writes: results to standard output, everything else to standard error.</summary>
internal static class Terminal
{
    private const int TableWidthOfFiles = 120;
    private const int MaxTableWidth = 160;
    private const int MinWidth = 20;

    public static IAnsiConsole Out { get; } = Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Error { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>How wide tables are drawn on standard output: as the terminal or COLUMNS says; pipes and files have no width of their own.</summary>
    public static int TableWidth { get; } = StatedWidth ?? (Console.IsOutputRedirected ? TableWidthOfFiles : Math.Min(Out.Profile.Width, MaxTableWidth));

    /// <summary>The width that the environment variable COLUMNS states; null where it states none.</summary>
    private static int? StatedWidth =>
        int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns >= MinWidth ? columns : null;

    /// <summary>Runs a command's work; an error becomes a message and an exit code.</summary>
    public static async Task<int> RunAsync(ParseResult parsed, Func<Task<int>> work, string cancelled = "Cancelled; nothing half-written was left behind.")
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
            WriteError(OptionTerms.Describe(error, parsed));
            return ExitCode.Of(error);
        }
        catch (Exception error)
        {
            WriteError($"unforeseen, please report it: {error}");
            return ExitCode.Failure;
        }
    }

    /// <summary>Writes a line to standard output that was broken to the width already.</summary>
    public static void WriteLine(string line) => Console.Out.WriteLine(line);

    /// <summary>Writes a file's text to standard output as it is: the console would break lines at its width.</summary>
    public static void WriteText(string text) => Console.Out.Write(text);

    /// <summary>Writes a line to standard output in one piece: a file's path is used again, and the console would break it.</summary>
    public static void WriteFile(string path) => Console.Out.WriteLine(VisibleText.Of(path));

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
        if (!isRedirected)
        {
            IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
            terminal.Profile.Width = StatedWidth ?? terminal.Profile.Width;
            return terminal;
        }
        // Spectre looks at the TERM variable alone, and would write colour codes into pipes and files.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        // They have no width either; at 80 columns paths would be cut in two.
        console.Profile.Width = StatedWidth ?? 4096;
        return console;
    }
}
