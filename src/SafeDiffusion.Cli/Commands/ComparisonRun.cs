using System.Globalization;
using SafeDiffusion.Benchmarking;
using SafeDiffusion.Cli.Output;

namespace SafeDiffusion.Cli.Commands;

/// <summary>The part of <c>bench</c> that compares the plain UNet with ours: time in this process, load and memory in one of their own.</summary>
internal sealed class ComparisonRun(string folder, PipelineOptions options, UNetWorkload workload)
{
    /// <summary>Prints what one variant alone costs, for <see cref="RunAsync"/> in another process.</summary>
    public void MeasureAlone(UNetVariant variant, CancellationToken cancellationToken) =>
        Console.Out.WriteLine(VariantCost.Measure(folder, variant, options, workload, cancellationToken).ToJson());

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Processes of their own come first: beside the comparison's two models there may be no room for a third.
        Dictionary<UNetVariant, VariantCost> costs = [];
        // What is to be measured is loading from the cache, not filling it.
        if (options.CacheFolder is not null) await SelfProcess.RunAsync(Arguments(UNetVariant.Ours), cancellationToken).ConfigureAwait(false);
        foreach (UNetVariant variant in Enum.GetValues<UNetVariant>())
        {
            string output = await SelfProcess.RunAsync(Arguments(variant), cancellationToken).ConfigureAwait(false);
            costs[variant] = VariantCost.FromJson(output) ?? throw new SelfProcessException($"it printed '{output.Trim()}'.");
        }
        Write(UNetComparison.Run(folder, options, workload, cancellationToken), costs);
    }

    private static void Write(UNetComparison comparison, Dictionary<UNetVariant, VariantCost> costs)
    {
        TextTable table = new(
            Text($"The UNet as exported and as it is run here: {comparison.Rows} rows, latents {comparison.Shape.Height}x{comparison.Shape.Width}, steps in turn, {comparison.Steps} at a time"),
            "variant", "ms a step", "least", "relative to plain", "least", "output differs by", "load, s", "peak memory, MB", "relative to plain");
        foreach (UNetComparison.Timing timing in comparison.Timings)
        {
            VariantCost cost = costs[timing.Variant];
            long? plainPeak = costs[UNetVariant.Plain].PeakBytes;
            table.Add(
                ComparisonOptions.Name(timing.Variant), Text($"{timing.MedianMilliseconds:0.000}"), Text($"{timing.LeastMilliseconds:0.000}"),
                Text($"{timing.MedianRatio:0.000}"), Text($"{timing.LeastRatio:0.000}"), Text($"{timing.Difference:0.0E+0}"), Text($"{cost.LoadSeconds:0.00}"),
                cost.PeakBytes is { } peak ? Text($"{peak / 1e6:0}") : "not known here",
                cost.PeakBytes is { } ours && plainPeak is { } theirs ? Text($"{(double)ours / theirs:0.00}") : "");
        }
        table.Write();
    }

    private List<string> Arguments(UNetVariant variant)
    {
        List<string> arguments =
        [
            "bench", "--model", folder, "--provider", ModelOptions.Name(options.Provider),
            "--rows", Text($"{workload.Rows}"), "--variant", ComparisonOptions.Name(variant),
        ];
        if (options.Threads is { } threads) arguments.AddRange(["--threads", Text($"{threads}")]);
        if (options.CacheFolder is { } cache) arguments.AddRange(["--cache", cache]);
        if (workload.LatentSize is { } size) arguments.AddRange(["--latent-size", Text($"{size}")]);
        return arguments;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
