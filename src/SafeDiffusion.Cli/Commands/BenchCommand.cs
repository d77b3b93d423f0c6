using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SafeDiffusion.Reporting;
using Spectre.Console;

namespace SafeDiffusion.Cli.Commands;

/// <summary><c>safediffusion bench</c>: measures what a model costs on this machine.</summary>
internal sealed class BenchCommand : Command
{
    private static readonly int[] _rows = [1, 2, 3, 4, 8];
    private readonly ModelOptions _model = new();
    private readonly Option<int> _steps = new("--steps") { Description = "Steps per measurement.", DefaultValueFactory = _ => 25 };
    private readonly Option<int> _repeats = new("--repeats") { Description = "Measurements, of which the median counts.", DefaultValueFactory = _ => 5 };

    public BenchCommand() : base("bench", "Measure time per step and per row, and what the loop itself costs.")
    {
        _model.AddTo(this);
        Options.Add(_steps);
        Options.Add(_repeats);
        SetAction((parsed, cancellationToken) => Terminal.RunAsync(() => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        int steps = parsed.GetValue(_steps);
        int repeats = parsed.GetValue(_repeats);
        if (steps < 2) throw new InvalidRequestException("--steps", $"must be at least 2, and is {steps}.");
        if (repeats < 1) throw new InvalidRequestException("--repeats", $"must be at least 1, and is {repeats}.");
        long began = Stopwatch.GetTimestamp();
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline
            .LoadAsync(_model.Folder(parsed), _model.Pipeline(parsed), cancellationToken).ConfigureAwait(false);
        Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{pipeline.Model.Name}, {pipeline.Model.Width}x{pipeline.Model.Height}, loaded in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s; median of {repeats} runs of {steps} steps"));

        Table table = new Table().AddColumns("rows", "ms a step", "ms a row", "a row, relative to 1", "outside the UNet", "bytes allocated a step");
        double? first = null;
        foreach (int rows in _rows)
        {
            Measurement measured = await MeasureAsync(pipeline, rows, steps, repeats, cancellationToken).ConfigureAwait(false);
            double perRow = measured.StepMilliseconds / rows;
            first ??= perRow;
            table.AddRow([.. new object[] { rows, measured.StepMilliseconds, perRow, perRow / first.Value, measured.ShareOutside, measured.BytesPerStep }
                .Zip(["0", "0.000", "0.000", "0.00", "0.00 %", "0"], (value, format) => ((IFormattable)value).ToString(format, CultureInfo.InvariantCulture))]);
        }
        Terminal.Out.Write(table);
        return ExitCode.Success;
    }

    /// <summary>Guidance 1 needs the prompt's row alone, so that pictures are rows.</summary>
    private static async Task<Measurement> MeasureAsync(SafeDiffusionPipeline pipeline, int rows, int steps, int repeats, CancellationToken cancellationToken)
    {
        List<Measurement> all = [];
        for (int i = 0; i <= repeats; i++)
        {
            (CostReport shorter, long shorterBytes) = await RunAsync(pipeline, rows, steps / 2, cancellationToken).ConfigureAwait(false);
            (CostReport cost, long bytes) = await RunAsync(pipeline, rows, steps, cancellationToken).ConfigureAwait(false);
            int more = steps - steps / 2;
            double milliseconds = 1000 * (cost.DenoisingSeconds - shorter.DenoisingSeconds) / more;
            double inside = 1000 * (cost.UNetSeconds - shorter.UNetSeconds) / more;
            if (i > 0) all.Add(new(milliseconds, 1 - inside / milliseconds, (bytes - shorterBytes) / (double)more));
        }
        return new(Median(all, m => m.StepMilliseconds), Median(all, m => m.ShareOutside), Median(all, m => m.BytesPerStep));
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
