using System.CommandLine;
using FineTuneCheck;
using SafeDiffusion.FineTuning.Native;

Option<string> shapes = new("--shapes") { Description = "The shapes model's folder.", DefaultValueFactory = _ => "models/shapes" };
Option<string?> structure = new("--structure") { Description = "The full-size structure without weights; its step is measured where it is given." };
Option<string> work = new("--work") { Description = "A folder for the full-size model that is made of it: 3.5 GB.", DefaultValueFactory = _ => "finetune-work" };
Option<AutogradDevice> device = new("--device") { Description = "What is checked against the CPU, and measured." };
Option<int> steps = new("--steps") { Description = "Measured steps of each model.", DefaultValueFactory = _ => 20 };
Option<int[]> sizes = new("--size") { Description = "Latent heights and widths of the full-size steps.", DefaultValueFactory = _ => [32], AllowMultipleArgumentsPerToken = true };
Option<int> batch = new("--batch") { Description = "Rows of the shapes model's steps.", DefaultValueFactory = _ => 2 };
Option<int> threads = new("--threads") { Description = "Threads of ONNX Runtime and of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount };
Option<int?> recompute = new("--recompute") { Description = "Compute activations again, in so many pieces." };
Option<string?> output = new("--out") { Description = "The JSON file; the console where it is left out." };
RootCommand command = new("Trains a few steps on a device and on the CPU, compares their losses, measures training steps, and writes one JSON.")
{
    shapes, structure, work, device, steps, sizes, batch, threads, recompute, output,
};
command.SetAction(async (parsed, cancellationToken) =>
{
    AutogradDevice chosen = parsed.GetValue(device);
    string model = parsed.GetValue(shapes)!;
    AutogradLibrary.Load(chosen);
    TorchSharp.torch.set_num_threads(parsed.GetValue(threads));
    CheckReport report = new(chosen, TorchSharp.torch.get_num_threads());
    await LossCheck.RunAsync(model, chosen, report, cancellationToken);
    Save();
    StepCheck check = new(chosen, parsed.GetValue(threads), parsed.GetValue(recompute));
    report.Steps.Add(check.Measure("shapes", Path.Combine(model, "unet", "model.onnx"), parsed.GetValue(batch), 16, parsed.GetValue(steps)));
    Save();
    if (parsed.GetValue(structure) is { } full)
    {
        new FullSizeModel.ModelFolderWriter(full, parsed.GetValue(work)!).Write("unet");
        foreach (int size in parsed.GetValue(sizes)!)
        {
            report.Steps.Add(check.Measure("full size", Path.Combine(parsed.GetValue(work)!, "unet", "model.onnx"), 1, size, Math.Min(3, parsed.GetValue(steps))));
            Save();
        }
    }
    if (parsed.GetValue(output) is null) Console.WriteLine(report.ToJson());
    return report.Agrees ? 0 : 1;

    // What is measured so far is kept, whatever comes after it.
    void Save()
    {
        if (parsed.GetValue(output) is { } path) File.WriteAllText(path, report.ToJson());
    }
});
return await command.Parse(args).InvokeAsync();
