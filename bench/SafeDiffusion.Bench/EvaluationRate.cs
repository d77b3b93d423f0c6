using System.Diagnostics;
using System.Globalization;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Runs;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Bench;

/// <summary>
/// What an evaluation reaches of the rate of plain UNet calls, in one run: rounds of both by turns, so that a busy moment of the
/// machine falls on both alike. <c>dotnet run -c Release -- evaluation [rounds] [seeds]</c>
/// </summary>
internal static class EvaluationRate
{
    private const int Rows = 24;
    private static readonly TimeSpan _plainTime = TimeSpan.FromSeconds(6);

    public static async Task RunAsync(string[] arguments)
    {
        int rounds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 3;
        int seeds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 8;
        int cores = Environment.ProcessorCount;
        EvaluationSuite suite = EvaluationSuite.Load(Path.Combine(ShapesModel.FindFolder(), "suite.json"), JudgeCatalogue.Default.AddShapes());
        (int Workers, int Threads)[] ways = cores == 1 ? [(1, 1)] : [(cores, 1), (1, cores)];
        List<(string Way, double Plain, double Suite)> rates = [];
        for (int round = 0; round <= rounds; round++)
        {
            foreach ((int workers, int threads) in ways)
            {
                double plain = Plain(workers, threads);
                double drawn = await EvaluateAsync(suite, seeds, round * 1000, workers, threads);
                string way = $"{workers} x {threads}";
                if (round > 0) rates.Add((way, plain, drawn));
                Write($"round {round}, {way} threads: plain {plain:0} rows/s, suite {drawn:0} rows/s, {drawn / plain:0.000}");
            }
        }
        foreach (IGrouping<string, (string Way, double Plain, double Suite)> way in rates.GroupBy(rate => rate.Way))
        {
            Write($"{way.Key} threads, median of {rounds}: plain {Median(way, r => r.Plain):0} rows/s, suite {Median(way, r => r.Suite):0} rows/s, ratio {Median(way, r => r.Suite / r.Plain):0.000}");
        }
    }

    private static double Plain(int workers, int threads)
    {
        using LoadedModel model = LoadedModel.Load(ShapesModel.FindFolder(), new ModelSettings { Provider = new ProviderSettings(ExecutionProvider.Cpu, threads) });
        TextStates states = model.TextEncoder.Encode(model.TextEncoder.Tokenizer.Encode("a blue circle"), CancellationToken.None);
        long rows = 0;
        long began = Stopwatch.GetTimestamp();
        Thread[] running = [.. Enumerable.Range(0, workers).Select(_ => new Thread(() => Interlocked.Add(ref rows, Loop(model, states, began))))];
        foreach (Thread thread in running) thread.Start();
        foreach (Thread thread in running) thread.Join();
        return rows / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static long Loop(LoadedModel model, TextStates states, long began)
    {
        using IDenoiserBatch batch = model.Denoiser.CreateBatch(Rows, new LatentShape(4, 16, 16));
        for (int row = 0; row < Rows; row++)
        {
            batch.SetInputs(row, new RowInputs(states));
            new TorchNoise(row).Fill(batch.Latents(row));
        }
        long rows = 0;
        while (Stopwatch.GetElapsedTime(began) < _plainTime)
        {
            batch.Evaluate(500, CancellationToken.None);
            rows += Rows;
        }
        return rows;
    }

    private static async Task<double> EvaluateAsync(EvaluationSuite suite, int seeds, long firstSeed, int workers, int threads)
    {
        string folder = Directory.CreateTempSubdirectory("safediffusion-bench-").FullName;
        try
        {
            EvaluationSuite part = suite.WithSeeds(seeds);
            part = part with { Sets = [.. part.Sets.Select(set => set with { FirstSeed = firstSeed })] };
            EvaluationOutcome outcome = await EvaluationRun.RunAsync(part, folder, new EvaluationOptions { Workers = workers, Threads = threads });
            Write($"  {outcome.Results.Count} pictures, {GC.GetTotalMemory(forceFullCollection: true) >> 10} KiB managed, {Environment.WorkingSet >> 20} MiB in all");
            return outcome.Rows / outcome.Elapsed.TotalSeconds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Median<T>(IEnumerable<T> values, Func<T, double> value)
    {
        double[] sorted = [.. values.Select(value).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
