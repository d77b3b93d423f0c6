using SafeDiffusion.ProtectionBench;

// What protections do over settings, and over numbers of concepts: the figures of docs/policy.md and docs/results.md that are no evaluation's.
BenchOptions options = new(args);
switch (args.FirstOrDefault())
{
    case "settings":
        await SettingsGrid.RunAsync(options);
        return 0;
    case "many":
        await new ManyConcepts(options).RunAsync();
        return 0;
    case "summary":
        SettingsSummary.Write(options);
        return 0;
    default:
        Console.Error.WriteLine("Say what to measure: settings or many; or write a summary of what settings gave.");
        return 2;
}
