using SafeDiffusion.Core.Errors;
using SafeDiffusion.Model;

namespace SafeDiffusion.Benchmarking;

/// <summary>The time of the same steps in each variant, taken in turn so that a busy moment of the machine falls on all alike.</summary>
public sealed record UNetComparison(int Rows, LatentShape Shape, int Steps, IReadOnlyList<UNetComparison.Timing> Timings)
{
    /// <summary>Shorter measurements are lost in the clock and in what else the machine does.</summary>
    private const double LeastMilliseconds = 250;

    /// <exception cref="SafeDiffusionException">The UNet cannot be loaded or run.</exception>
    public static UNetComparison Run(string folder, PipelineOptions options, UNetWorkload workload, CancellationToken cancellationToken)
    {
        List<UNetUnderTest> unets = [];
        try
        {
            foreach (UNetVariant variant in Enum.GetValues<UNetVariant>()) unets.Add(new UNetUnderTest(folder, variant, options, workload));
            foreach (UNetUnderTest unet in unets) unet.Run(1, cancellationToken);
            double warm = unets.Min(unet => unet.Run(1, cancellationToken));
            int steps = (int)Math.Clamp(Math.Ceiling(LeastMilliseconds / warm), 1, workload.MaxSteps);
            for (int i = 0; i < workload.Repeats; i++)
            {
                foreach (UNetUnderTest unet in i % 2 == 0 ? unets : unets.AsEnumerable().Reverse())
                    unet.StepMilliseconds.Add(unet.Run(steps, cancellationToken));
            }
            return new UNetComparison(unets[0].Rows, unets[0].Shape, steps, [.. unets.Select(unet => Timing.Of(unet, unets[0]))]);
        }
        finally
        {
            unets.ForEach(unet => unet.Dispose());
        }
    }

    /// <summary>One variant's figures.</summary>
    /// <param name="Variant">The variant.</param>
    /// <param name="MedianMilliseconds">The median measurement of a step.</param>
    /// <param name="LeastMilliseconds">The least, which other work on the machine has disturbed least.</param>
    /// <param name="MedianRatio">The median over the rounds of this variant's time relative to the plain one's in the same round.</param>
    /// <param name="LeastRatio">The ratio of the least times.</param>
    /// <param name="Difference">How far the output is from the plain one's, relative to its largest value.</param>
    public sealed record Timing(
        UNetVariant Variant, double MedianMilliseconds, double LeastMilliseconds, double MedianRatio, double LeastRatio, double Difference)
    {
        internal static Timing Of(UNetUnderTest unet, UNetUnderTest plain) => new(
            unet.Variant,
            Median(unet.StepMilliseconds),
            unet.StepMilliseconds.Min(),
            Median(unet.StepMilliseconds.Zip(plain.StepMilliseconds, (ours, theirs) => ours / theirs)),
            unet.StepMilliseconds.Min() / plain.StepMilliseconds.Min(),
            unet.DifferenceFrom(plain));

        private static double Median(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }
}
