using Spectre.Console;

namespace SafeDiffusion.Cli;

/// <summary>Where the tool writes: results to standard output, everything else to standard error.</summary>
internal static class Terminal
{
    public static IAnsiConsole Out { get; } = Create(Console.Out);

    public static IAnsiConsole Error { get; } = Create(Console.Error);

    /// <summary>Runs a command's work; an error becomes a message and an exit code.</summary>
    public static async Task<int> RunAsync(Func<Task<int>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Error.MarkupLine("[yellow]Cancelled; nothing half-written was left behind.[/]");
            return ExitCode.Cancelled;
        }
        catch (SafeDiffusionException error)
        {
            Error.MarkupLineInterpolated($"[red]error:[/] {error.Message}");
            return ExitCode.Of(error);
        }
    }

    private static IAnsiConsole Create(TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        // A pipe or a file has no width; Spectre would wrap at 80 columns and cut paths in two.
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = 4096;
        return console;
    }
}
