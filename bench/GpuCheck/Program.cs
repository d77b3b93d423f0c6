using System.CommandLine;
using GpuCheck;
using SafeDiffusion.Core.Sessions;

Option<string> shapes = new("--shapes") { Description = "The shapes model's folder.", DefaultValueFactory = _ => "models/shapes" };
Option<string?> structure = new("--structure") { Description = "The full-size structure without weights; its steps are measured where it is given." };
Option<string> work = new("--work") { Description = "A folder for models that are made: 8 GB with --structure.", DefaultValueFactory = _ => "gpu-work" };
Option<ExecutionProvider> provider = new("--provider") { Description = "What is checked; cpu tries this program where there is no GPU.", DefaultValueFactory = _ => ExecutionProvider.Cuda };
Option<int> steps = new("--steps") { Description = "Measured UNet steps of each variant.", DefaultValueFactory = _ => 50 };
Option<int> size = new("--size") { Description = "Latent height and width of the measured steps.", DefaultValueFactory = _ => 64 };
Option<bool> probe = new("--probe") { Description = "Only say whether the provider can run here, and why not." };
Option<string?> output = new("--out") { Description = "The JSON file; the console where it is left out." };
RootCommand command = new("Checks a provider on this machine against the CPU, measures the full-size UNet on it, and writes one JSON.")
{
    shapes, structure, work, provider, steps, size, probe, output,
};
command.SetAction(async (parsed, cancellationToken) =>
{
    ExecutionProvider chosen = parsed.GetValue(provider);
    ProviderFeasibility feasibility = ProviderFeasibility.Of(chosen);
    if (parsed.GetValue(probe) || !feasibility.IsAvailable)
    {
        Console.WriteLine(feasibility.IsAvailable ? $"{chosen}: can run" : feasibility.Reason);
        return feasibility.IsAvailable ? 0 : 1;
    }
    CheckReport report = new(Machine.Read());
    string folder = parsed.GetValue(work)!;
    await AgreementCheck.RunAsync(parsed.GetValue(shapes)!, folder, chosen, report, cancellationToken);
    Save();
    if (parsed.GetValue(structure) is { } full)
    {
        FullSizeCheck check = new(full, folder, chosen, new Workload(2, parsed.GetValue(size), parsed.GetValue(steps)), report);
        // What is measured so far is kept, whatever comes after it.
        check.Run(Save);
    }
    Save();
    if (parsed.GetValue(output) is null) Console.WriteLine(report.ToJson());
    return report.Passed ? 0 : 1;

    void Save()
    {
        if (parsed.GetValue(output) is { } path) File.WriteAllText(path, report.ToJson());
    }
});
return await command.Parse(args).InvokeAsync();
