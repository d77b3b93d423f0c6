using System.Diagnostics;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The tool once more, in a process of its own: only a fresh process has a peak of memory that is one thing's alone.</summary>
internal static class SelfProcess
{
    /// <summary>Runs the tool to its end and returns what it printed; its messages go where this one's go.</summary>
    /// <exception cref="SelfProcessException">It could not be started, or failed.</exception>
    public static async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        string program = Environment.ProcessPath ?? throw new SelfProcessException("this system does not tell where the tool is.");
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true };
        // Where dotnet runs the tool, it needs to be told which program that is.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start) ?? throw new SelfProcessException($"{program} did not start.");
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == ExitCode.Success ? output : throw new SelfProcessException($"it ended with exit code {process.ExitCode}.");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}

/// <summary>The tool's own process for a measurement failed; the message says how.</summary>
internal sealed class SelfProcessException(string message) : SafeDiffusionException($"the tool's own process for a measurement failed: {message}");
