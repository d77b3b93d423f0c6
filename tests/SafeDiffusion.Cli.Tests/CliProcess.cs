using System.Diagnostics;
using System.Globalization;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Cli;

/// <summary>What a program that ran to its end left behind.</summary>
internal sealed record CliOutcome(int ExitCode, string Output, string Error);

/// <summary>Runs the built tool in a process of its own, as a user does.</summary>
internal sealed class CliProcess : IDisposable
{
    /// <summary>For a program that hangs: far beyond what a busy machine takes.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(20);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private CliProcess(Process process, string input)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
    }

    /// <summary>Starts a program that lies beside the tests.</summary>
    /// <param name="folder">The working directory.</param>
    /// <param name="arguments">The arguments, one each.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="program">The program's assembly.</param>
    /// <param name="columns">The width that the environment states; null for none.</param>
    /// <param name="hearsInterrupts">
    /// Whether the program must hear Ctrl-C even where the tests were started in the background, whose ignored signals it would inherit.
    /// </param>
    public static CliProcess Start(
        string folder, IEnumerable<string> arguments, string input = "", string program = "SafeDiffusion.Cli.dll", int? columns = null, bool hearsInterrupts = false)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        bool resetsSignal = hearsInterrupts && OperatingSystem.IsLinux();
        ProcessStartInfo start = new(resetsSignal ? "env" : host)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A terminal's colours must not come through a pipe, whatever this variable says.
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["COLUMNS"] = columns?.ToString(CultureInfo.InvariantCulture);
        if (resetsSignal)
        {
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add(host);
        }
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return new CliProcess(Process.Start(start)!, input);
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>Runs the tool to its end.</summary>
    public static async Task<CliOutcome> RunAsync(TemporaryFolder folder, params string[] arguments)
    {
        using CliProcess process = Start(folder.Path, arguments);
        return await process.EndAsync();
    }

    /// <summary>Runs the tool to its end where the environment states a width.</summary>
    public static async Task<CliOutcome> RunAsync(TemporaryFolder folder, int columns, params string[] arguments)
    {
        using CliProcess process = Start(folder.Path, arguments, columns: columns);
        return await process.EndAsync();
    }

    /// <summary>Draws with the shapes model, in few steps where nothing else is said; tests run side by side, so on one thread each.</summary>
    public static Task<CliOutcome> GenerateAsync(TemporaryFolder folder, params string[] arguments) =>
        RunAsync(folder, ["generate", "--model", Fixture.ShapesModel, "--threads", "1", .. arguments.Contains("--steps") ? Array.Empty<string>() : ["--steps", "3"], .. arguments]);

    /// <summary>Sends the signal that Ctrl-C sends.</summary>
    public async Task InterruptAsync()
    {
        using Process kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Ends the process at once, as a crash does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<CliOutcome> EndAsync()
    {
        using CancellationTokenSource limit = new(_limit);
        await _process.WaitForExitAsync(limit.Token);
        return new(_process.ExitCode, await _output, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
