using System.Diagnostics;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Evaluation.Reporting;

/// <summary>A headless Chromium, where one is installed.</summary>
internal static class Chromium
{
    private static readonly string[] _flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
    ];

    /// <summary>The program; null where none is installed.</summary>
    public static string? Program { get; } = (
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        from name in (string[])["chromium", "chromium-browser", "google-chrome", "chrome.exe"]
        let path = Path.Combine(folder, name)
        where folder.Length > 0 && File.Exists(path)
        select path).FirstOrDefault();

    /// <summary>Opens a page, and returns what the browser's console said.</summary>
    public static string[] Open(string page, params string[] arguments)
    {
        using TemporaryFolder profile = new();
        ProcessStartInfo start = new(Program!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in (string[])[.. _flags, $"--user-data-dir={profile.Path}", .. arguments, new Uri(page).AbsoluteUri])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        if (!process.WaitForExit(TimeSpan.FromMinutes(20)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException("Chromium did not end within 20 minutes.");
        }
        Assert.Equal(0, process.ExitCode);
        return [.. errors.Result.Split('\n').Where(line => line.Contains("CONSOLE", StringComparison.Ordinal))];
    }
}

/// <summary>A fact that is skipped where no Chromium is installed.</summary>
internal sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Chromium.Program is null) Skip = "No Chromium is installed; \"apt-get install chromium\" or the like makes this test run.";
    }
}
