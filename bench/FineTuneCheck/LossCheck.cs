using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.FineTuning.Optimizing;
using SafeDiffusion.FineTuning.Training;

namespace FineTuneCheck;

/// <summary>Trains some updates of each method on the CPU and on a device, and compares their losses.</summary>
internal static class LossCheck
{
    private const int Updates = 6;

    public static async Task RunAsync(string model, AutogradDevice device, CheckReport report, CancellationToken cancellationToken)
    {
        foreach (FineTuningMethod method in Enum.GetValues<FineTuningMethod>())
        {
            double[] cpu = await TrainAsync(model, method, AutogradDevice.Cpu, cancellationToken);
            double[] other = await TrainAsync(model, method, device, cancellationToken);
            report.Losses.AddRange(cpu.Zip(other).Select((pair, index) => new LossPair(method.ToString(), index + 1, pair.First, pair.Second)));
        }
    }

    private static async Task<double[]> TrainAsync(string model, FineTuningMethod method, AutogradDevice device, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine($"{method} on {device}");
        History history = new();
        await FineTuner.RunAsync(model, new FineTuningOptions
        {
            Method = method,
            Concept = "a red triangle",
            Prompts = ["a red triangle"],
            SafePrompts = method == FineTuningMethod.Trce ? ["a green star"] : [],
            RetainedPrompts = ["a red circle"],
            Optimizer = new AdamWSettings { LearningRate = 1e-4 },
            Updates = Updates,
            Trajectories = 2,
            Steps = 25,
            GuidanceScale = 5,
            Device = device,
        }, progress: history, cancellationToken: cancellationToken);
        return [.. history.Losses];
    }

    private sealed class History : IProgress<FineTuningProgress>
    {
        public List<double> Losses { get; } = [];

        public void Report(FineTuningProgress value)
        {
            if (value.Update > 0) Losses.Add(value.Erase + value.Preserve + (value.Retain ?? 0));
        }
    }
}
