using System.CommandLine;
using System.Globalization;
using FullSizeUNet;
using Microsoft.ML.OnnxRuntime;

Argument<string> file = new("MODEL") { Description = "The UNet's model.onnx; a VAE decoder's can be measured plain, and quantised." };
Argument<string[]> variants = new("VARIANT")
{
    Description = "plain, fused, switch, self-N, cross-N, detect, reweight, inhibit, all, or several parted by +; then, after a colon and parted by commas: "
    + "concepts=N (in place of --concepts), no-arena, no-pattern, spin, level-none, level-basic, level-extended, save=FILE (the optimised model), from=FILE (load that file), model=FILE (edit that file in place of MODEL), or session configuration entries KEY=VALUE. Steps alternate between variants. "
    + "fused is self-2048; switch decides when it runs; self-N and cross-N fuse the layers of that sort with N positions or more."
};
Option<int> steps = new("--steps") { DefaultValueFactory = _ => 3 };
Option<int> threads = new("--threads") { DefaultValueFactory = _ => 2 };
Option<int> rows = new("--rows") { DefaultValueFactory = _ => 2 };
Option<int> size = new("--size") { Description = "Latent height and width.", DefaultValueFactory = _ => 64 };
Option<int> guidelines = new("--guidelines") { Description = "Guideline tokens.", DefaultValueFactory = _ => 0 };
Option<int> concepts = new("--concepts") { Description = "Concepts to inhibit.", DefaultValueFactory = _ => 0 };
Option<bool> fromFile = new("--from-file") { Description = "Load the plain graph from its file, not from memory." };
Option<string?> profile = new("--profile") { Description = "Write ONNX Runtime's profile, names beginning so." };
Option<string?> bake = new("--bake") { Description = "Bake an erasure of random numbers into the UNet instead, and write it to this folder." };
Option<string?> observe = new("--observe") { Description = "Write the ranges of the UNet's values on random latents to this file instead." };
Option<string?> quantize = new("--quantize") { Description = "Quantise the UNet by the ranges in --ranges instead, and write it to this folder." };
Option<string?> ranges = new("--ranges") { Description = "What --observe has written." };
Option<int> pipelines = new("--pipelines") { Description = "Load this many pipelines of the model that MODEL belongs to instead, the second and all after it with deltas, and measure their memory." };
Option<string?> cache = new("--cache") { Description = "The folder in which those pipelines keep their UNets." };
RootCommand command = new("Measures the full-size UNet: editing, loading, memory and steps; ratios are to the first variant.")
{
    file, variants, steps, threads, rows, size, guidelines, concepts, fromFile, profile, bake, observe, quantize, ranges, pipelines, cache,
};
command.SetAction(Run);
return command.Parse(args).Invoke();

void Run(ParseResult parsed)
{
    if (parsed.GetValue(bake) is { } folder)
    {
        Print(BakingRun.Of(parsed.GetValue(file)!, folder));
        return;
    }
    if (parsed.GetValue(pipelines) is > 0 and var loaded)
    {
        PipelinesRun.RunAsync(parsed.GetValue(file)!, loaded, parsed.GetValue(cache), parsed.GetValue(size), parsed.GetValue(threads), Print).GetAwaiter().GetResult();
        return;
    }
    Workload workload = new(parsed.GetValue(rows), parsed.GetValue(size), parsed.GetValue(size), parsed.GetValue(guidelines), parsed.GetValue(concepts),
        parsed.GetValue(fromFile));
    if (parsed.GetValue(observe) is { } observed)
    {
        using SessionOptions plain = Options(parsed, ["no-pattern"]);
        Print(QuantizingRun.Observe(parsed.GetValue(file)!, observed, plain, workload));
        return;
    }
    if (parsed.GetValue(quantize) is { } target)
    {
        Print(QuantizingRun.Write(parsed.GetValue(file)!, parsed.GetValue(ranges)!, target));
        return;
    }
    List<MeasuredSession> sessions = [];
    foreach (string variant in parsed.GetValue(variants)!)
    {
        string[] settings = variant.Split(':', 2) is [_, var given] ? given.Split(',') : [];
        Editing editing = Editing.Of(Setting(settings, "model=") ?? parsed.GetValue(file)!, variant.Split(':')[0], workload);
        Print($"{variant}: edited in {editing.Seconds:0.00} s, managed memory {editing.PeakMegabytes:0} MB at peak, {editing.AllocatedMegabytes:0} MB allocated");
        using SessionOptions options = Options(parsed, settings);
        Workload own = Setting(settings, "concepts=") is { } count ? workload with { Concepts = int.Parse(count, CultureInfo.InvariantCulture) } : workload;
        sessions.Add(new MeasuredSession(variant, editing.Model, options, own, Setting(settings, "from=")));
        Print($"{variant}: loaded in {sessions[^1].LoadSeconds:0.00} s, {sessions[^1].LoadProcessorSeconds:0.00} s of processor time; peak {ProcessMemory.PeakMegabytes:0} MB, own {ProcessMemory.OwnMegabytes:0} MB");
    }
    for (int i = 0; i <= parsed.GetValue(steps); i++)
    {
        foreach (MeasuredSession session in i % 2 == 0 ? sessions : sessions.AsEnumerable().Reverse())
        {
            session.Step(counted: i > 0);
            if (i > 0) Print($"{session.Variant}: processor {session.ProcessorSeconds[^1]:0.00} s, wall {session.WallSeconds[^1]:0.00} s");
            if (i == 0) Print($"{session.Variant}: after a step peak {ProcessMemory.PeakMegabytes:0} MB, own {ProcessMemory.OwnMegabytes:0} MB");
        }
    }
    foreach (MeasuredSession session in sessions.Where(session => session.WallSeconds.Count > 0))
    {
        Print($"{session.Variant}: processor {Figures(session.ProcessorSeconds)}, ratio {session.ProcessorSeconds.Min() / sessions[0].ProcessorSeconds.Min():0.000}; "
            + $"wall {Figures(session.WallSeconds)}, ratio {session.WallSeconds.Min() / sessions[0].WallSeconds.Min():0.000}; output differs by {Difference(sessions[0], session):G2}, {SignalToNoise(sessions[0], session):0.0} dB");
        if (parsed.GetValue(profile) is not null) Print($"{session.Variant}: {session.EndProfiling()}");
    }
    Print($"peak {ProcessMemory.PeakMegabytes:0} MB");
    sessions.ForEach(session => session.Dispose());
}

SessionOptions Options(ParseResult parsed, string[] settings)
{
    SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = parsed.GetValue(threads) };
    // A spinning thread counts as processor time; sleeping ones leave the work alone to be counted.
    options.AddSessionConfigEntry("session.intra_op.allow_spinning", settings.Contains("spin") ? "1" : "0");
    if (settings.Contains("level-none")) options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
    if (settings.Contains("level-basic")) options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_BASIC;
    if (settings.Contains("level-extended")) options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED;
    options.EnableCpuMemArena = !settings.Contains("no-arena");
    options.EnableMemoryPattern = !settings.Contains("no-pattern");
    if (Setting(settings, "save=") is { } save) options.OptimizedModelFilePath = save;
    foreach (string[] entry in settings.Select(setting => setting.Split('=', 2)).Where(entry => entry is [not ("save" or "from" or "model" or "concepts"), _]))
        options.AddSessionConfigEntry(entry[0], entry[1]);
    if (parsed.GetValue(profile) is { } prefix)
    {
        options.EnableProfiling = true;
        options.ProfileOutputPathPrefix = prefix;
    }
    return options;
}

static string? Setting(string[] settings, string key) => settings.FirstOrDefault(setting => setting.StartsWith(key, StringComparison.Ordinal))?[key.Length..];

static string Figures(List<double> seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds.Min():0.0000} s (to {seconds.Max():0.0000})");

static float Difference(MeasuredSession first, MeasuredSession other)
{
    float largest = 0, difference = 0;
    for (int i = 0; i < first.Output.Length; i++)
    {
        largest = Math.Max(largest, Math.Abs(first.Output[i]));
        difference = Math.Max(difference, Math.Abs(first.Output[i] - other.Output[i]));
    }
    return difference / largest;
}

static double SignalToNoise(MeasuredSession first, MeasuredSession other)
{
    double signal = 0, noise = 0;
    for (int i = 0; i < first.Output.Length; i++)
    {
        signal += (double)first.Output[i] * first.Output[i];
        noise += Math.Pow((double)first.Output[i] - other.Output[i], 2);
    }
    return 10 * Math.Log10(signal / noise);
}

static void Print(string text) => Console.WriteLine(text);
