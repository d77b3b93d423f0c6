using System.Globalization;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Core.Imaging.Comparing;
using SafeDiffusion.Evaluation.Judging;
using SafeDiffusion.Evaluation.Suites;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Bench;

/// <summary>
/// What a picture costs in float32 and in 8 bits, policy by policy, and what the VAE decoder in 8 bits changes.
/// <c>dotnet run -c Release -- quantized PLAN [pictures] [policy ...]</c>, <c>-- decoder PLAN [pictures]</c>
/// </summary>
internal static class QuantizedPictures
{
    private static readonly string _folder = ShapesModel.FindFolder();
    private static readonly EvaluationSuite _suite = EvaluationSuite.Load(Path.Combine(_folder, "suite.json"), JudgeCatalogue.Default.AddShapes());

    /// <summary>Pictures of each policy, float32 and 8 bits in turns; prompts of the concept and harmless ones in turns. Ratios are medians over pictures, processor time.</summary>
    public static async Task CompareAsync(string[] arguments)
    {
        QuantizationPlan plan = QuantizationPlan.Load(arguments[0]);
        int pictures = Count(arguments, 12);
        string[] names = arguments.Length > 2 ? arguments[2..] : [.. _suite.Policies.Select(policy => policy.Name)];
        // A pipeline of each stays loaded: undefended pictures are drawn beside every policy's.
        PipelineOptions options = new() { Threads = 1 };
        await using SafeDiffusionPipeline plain = await SafeDiffusionPipeline.LoadAsync(_folder, options);
        await using SafeDiffusionPipeline plainInt8 = await SafeDiffusionPipeline.LoadAsync(_folder, options with { Quantization = plan });
        foreach (SuitePolicy policy in names.Select(name => _suite.Policies.First(policy => policy.Name == name)))
        {
            PipelineOptions own = options.For(policy.Policy);
            await using SafeDiffusionPipeline single = await SafeDiffusionPipeline.LoadAsync(_folder, own);
            await using SafeDiffusionPipeline int8 = await SafeDiffusionPipeline.LoadAsync(_folder, own with { Quantization = plan });
            (SafeDiffusionPipeline Pipeline, SafetyPolicy Policy)[] ways = [(plain, SafetyPolicy.Empty), (plainInt8, SafetyPolicy.Empty), (single, policy.Policy), (int8, policy.Policy)];
            double[][] seconds = [.. ways.Select(_ => new double[pictures])];
            for (int i = -1; i < pictures; i++)
            {
                for (int turn = 0; turn < ways.Length; turn++)
                {
                    int way = i % 2 == 0 ? turn : ways.Length - 1 - turn;
                    TimeSpan before = Environment.CpuUsage.TotalTime;
                    await ways[way].Pipeline.GenerateAsync(Request(Math.Max(0, i)) with { Policy = ways[way].Policy });
                    if (i >= 0) seconds[way][i] = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
                }
            }
            Write($"{policy.Name}: of undefended float32 {Ratio(2, 0):0.00}, 8 bits {Ratio(3, 1):0.00}; 8 bits over float32 {Ratio(3, 2):0.00} (all pictures together {seconds[3].Sum() / seconds[2].Sum():0.00}), undefended {Ratio(1, 0):0.00}; {seconds[2].Average():0.00} s a picture, {pictures} pictures");

            double Ratio(int way, int other) => Median(seconds[way].Zip(seconds[other], (a, b) => a / b));
        }
    }

    /// <summary>Pictures with the decoder in float32 and in 8 bits, of the same latents.</summary>
    public static async Task CompareDecodersAsync(string[] arguments)
    {
        QuantizationPlan plan = QuantizationPlan.Load(arguments[0]);
        if (plan.VaeDecoder is null) throw new ArgumentException("The plan has no VAE decoder.");
        int pictures = Count(arguments, 50);
        PipelineOptions options = new() { Threads = 1, Quantization = plan };
        await using SafeDiffusionPipeline int8 = await SafeDiffusionPipeline.LoadAsync(_folder, options);
        await using SafeDiffusionPipeline single = await SafeDiffusionPipeline.LoadAsync(_folder, options with { Quantization = plan with { VaeDecoder = null } });
        (double Similarity, double Decibels, int Largest)[] found = new (double, double, int)[pictures];
        for (int i = 0; i < pictures; i++)
        {
            RgbImage expected = (await single.GenerateAsync(Request(i))).Images[0], actual = (await int8.GenerateAsync(Request(i))).Images[0];
            int largest = expected.Pixels.ToArray().Zip(actual.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Max();
            found[i] = (StructuralSimilarity.Compute(expected, actual), PeakSignalToNoise.Compute(expected, actual), largest);
        }
        Write($"{pictures} pictures: SSIM {found.Average(picture => picture.Similarity):0.0000} on average, {found.Min(picture => picture.Similarity):0.0000} at least; PSNR {found.Average(picture => picture.Decibels):0.0} dB on average, {found.Min(picture => picture.Decibels):0.0} dB at least; largest difference {found.Max(picture => picture.Largest)} of 255 ({Median(found.Select(picture => (double)picture.Largest)):0} in the median picture)");
    }

    /// <summary>Prompts of the concept and harmless ones in turns, each with a seed that calibration did not draw.</summary>
    private static GenerationRequest Request(int index)
    {
        PromptSet set = _suite.Sets.First(set => set.Name == (index % 2 == 0 ? "explicit" : "harmless"));
        return new(set.PromptOf(index / 2).Text) { Seed = 5000 + index, Steps = _suite.Settings.Steps, GuidanceScale = _suite.Settings.GuidanceScale };
    }

    private static int Count(string[] arguments, int otherwise) => arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : otherwise;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
