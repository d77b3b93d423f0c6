using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SafeDiffusion.Cli.Output;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Reporting;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion bench</c>: measures what a model costs on this machine.</summary>
internal sealed class BenchCommand : Command
{
    private static readonly int[] _rows = [1, 2, 3, 4, 8];
    private readonly ModelOptions _model = new();
    private readonly ComparisonOptions _comparison = new();
    private readonly Option<int> _steps = new("--steps") { Description = "Steps per measurement.", DefaultValueFactory = _ => GenerationRequest.DefaultSteps };
    private readonly Option<int> _repeats = new("--repeats") { Description = "Measurements, of which the median counts.", DefaultValueFactory = _ => 5 };

    public BenchCommand() : base("bench", "Measure time per step and per row, what the loop itself costs, and the plain UNet against ours.")
    {
        _model.AddTo(this);
        Options.Add(_steps);
        Options.Add(_repeats);
        _comparison.AddTo(this);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(parsed, () => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        int steps = parsed.GetValue(_steps);
        int repeats = parsed.GetValue(_repeats);
        if (steps < 2) throw new InvalidRequestException("--steps", $"must be at least 2, and is {steps}.");
        if (repeats < 1) throw new InvalidRequestException("--repeats", $"must be at least 1, and is {repeats}.");
        PipelineOptions options = _model.Pipeline(parsed);
        ComparisonRun comparison = new(_model.Folder(parsed), options, _comparison.Workload(parsed, repeats, steps));
        if (_comparison.Variant(parsed) is { } variant)
        {
            comparison.MeasureAlone(variant, cancellationToken);
            return ExitCode.Success;
        }
        if (!_comparison.IsAlone(parsed)) await MeasureLoopAsync(_model.Folder(parsed), options, steps, repeats, cancellationToken).ConfigureAwait(false);
        await comparison.RunAsync(cancellationToken).ConfigureAwait(false);
        return ExitCode.Success;
    }

    private static async Task MeasureLoopAsync(string folder, PipelineOptions options, int steps, int repeats, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        await using SafeDiffusionPipeline pipeline = await LoadingDisplay
            .LoadAsync(folder, options, quiet: false, cancellationToken).ConfigureAwait(false);
        Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{pipeline.Model.Name}, {pipeline.Model.Width}x{pipeline.Model.Height}, loaded in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s; median of {repeats} runs of {steps} steps"));

        List<Measurement>[] measured = [.. _rows.Select(_ => new List<Measurement>())];
        for (int round = 0; round <= repeats; round++)
        {
            // Round by round, so that a busy moment of the machine falls on all counts of rows alike. The first round warms up.
            for (int i = 0; i < _rows.Length; i++)
            {
                Measurement measurement = await MeasureAsync(pipeline, _rows[i], steps, cancellationToken).ConfigureAwait(false);
                if (round > 0) measured[i].Add(measurement);
            }
        }
        Write(measured);
    }

    private static void Write(List<Measurement>[] measured)
    {
        TextTable table = new(
            "Per step of the denoising loop", "rows", "ms a step", "ms a row", "a row, relative to 1", "outside the UNet", "bytes allocated");
        double first = Median(measured[0], m => m.StepMilliseconds) / _rows[0];
        for (int i = 0; i < _rows.Length; i++)
        {
            double step = Median(measured[i], m => m.StepMilliseconds);
            double row = step / _rows[i];
            (IFormattable Value, string Format)[] cells =
            [
                (_rows[i], "0"), (step, "0.000"), (row, "0.000"), (row / first, "0.00"),
                (Median(measured[i], m => m.ShareOutside), "0.00 %"), (Median(measured[i], m => m.BytesPerStep), "0"),
            ];
            table.Add(cells.Select(cell => cell.Value.ToString(cell.Format, CultureInfo.InvariantCulture)));
        }
        table.Write();
    }

    /// <summary>
    /// Times and bytes are the difference of a long and a short run, so that what a generation costs once falls out; the share outside
    /// is the long run's. Guidance 1 needs the prompt's row alone, so that pictures are rows.
    /// </summary>
    private static async Task<Measurement> MeasureAsync(SafeDiffusionPipeline pipeline, int rows, int steps, CancellationToken cancellationToken)
    {
        (CostReport shorter, long shorterBytes) = await RunAsync(pipeline, rows, steps / 2, cancellationToken).ConfigureAwait(false);
        (CostReport cost, long bytes) = await RunAsync(pipeline, rows, steps, cancellationToken).ConfigureAwait(false);
        int more = steps - steps / 2;
        double outside = cost.DenoisingSeconds - cost.UNetSeconds;
        return new(
            1000 * (cost.DenoisingSeconds - shorter.DenoisingSeconds) / more, outside / cost.DenoisingSeconds, (bytes - shorterBytes) / (double)more);
    }

    private static async Task<(CostReport Cost, long Bytes)> RunAsync(SafeDiffusionPipeline pipeline, int rows, int steps, CancellationToken cancellationToken)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        GenerationResult result = await pipeline.GenerateAsync(
            new GenerationRequest("a blue circle") { Steps = steps, GuidanceScale = 1, Count = rows }, null, cancellationToken).ConfigureAwait(false);
        return (result.Report.Cost, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    private static double Median(List<Measurement> all, Func<Measurement, double> figure) => all.Select(figure).Order().ElementAt(all.Count / 2);

    private sealed record Measurement(double StepMilliseconds, double ShareOutside, double BytesPerStep);
}
