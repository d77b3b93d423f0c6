using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.FineTuning.Losses;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.FineTuning.Optimizing;
using SafeDiffusion.FineTuning.Parameters;
using SafeDiffusion.Instrumentation.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTuneCheck;

/// <summary>Times training steps of a UNet beside forwards of the same batch by ONNX Runtime.</summary>
internal sealed class StepCheck(AutogradDevice device, int threads, int? pieces)
{
    private const int WarmUp = 2;
    private const int Timestep = 500;

    public StepTimes Measure(string name, string file, int rows, int size, int steps)
    {
        Console.Error.WriteLine($"{name}, {rows} x {size} x {size}, {device}");
        OnnxModelFile model = OnnxModelFile.Load(file);
        OnnxValue text = model.Inputs.Single(input => input.Name == "encoder_hidden_states");
        int tokens = (int)(text.Dimensions![1].Size ?? (name == "shapes" ? 24 : 77));
        int width = (int)(text.Dimensions[2].Size ?? 768);
        float[] latents = Noise(1, rows * 4 * size * size);
        float[] states = Noise(2, rows * tokens * width);
        double[] others = Forwards();
        using UNetGraph unet = new(model, ParameterChoice.Of(model, TrainedWeights.Visual), device: device) { RecomputedPieces = pieces };
        using AdamW optimizer = new(unet.Graph.Parameters, new AdamWSettings { LearningRate = 1e-6 });
        using Tensor input = tensor(latents, [rows, 4, size, size]);
        using Tensor condition = tensor(states, [rows, tokens, width]);
        List<double> times = [], forwards = [];
        for (int i = 0; i < steps + WarmUp; i++)
        {
            double alone = Milliseconds(() => Predict(unet, input, condition));
            double step = Milliseconds(() => Step(unet, optimizer, input, condition));
            if (i < WarmUp) continue;
            forwards.Add(alone);
            times.Add(step);
        }
        // Once more: on a machine that others use, both ends of the time are seen.
        others = [.. others, .. Forwards()];
        return new StepTimes(name, rows, size)
        {
            RecomputedPieces = pieces,
            ParametersInMillions = unet.Graph.Parameters.Values.Sum(parameter => parameter.numel()) / 1e6,
            Steps = steps,
            StepMilliseconds = times.Min(),
            SlowestMilliseconds = times.Max(),
            ForwardMilliseconds = forwards.Min(),
            OnnxRuntimeMilliseconds = others.Min(),
            PeakMegabytes = PeakMegabytes(),
            GpuMegabytes = device == AutogradDevice.Cuda ? GpuMegabytes() : null,
        };

        double[] Forwards()
        {
            using Forward forward = new(file, latents, [rows, 4, size, size], states, [rows, tokens, width], Timestep, threads);
            for (int i = 0; i < WarmUp; i++) forward.Run();
            return [.. Enumerable.Range(0, steps).Select(_ => Milliseconds(forward.Run))];
        }
    }

    private static void Predict(UNetGraph unet, Tensor latents, Tensor text)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable tapeless = no_grad();
        _ = unet.Student(latents, Timestep, text).sum().cpu().item<float>();
    }

    private static void Step(UNetGraph unet, AdamW optimizer, Tensor latents, Tensor text)
    {
        using DisposeScope scope = NewDisposeScope();
        unet.Backward(unet.Student(latents, Timestep, text).square().mean());
        // The norm that it gives is on the processor, so that the GPU is done.
        optimizer.Step();
    }

    private static double Milliseconds(Action run)
    {
        long began = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static float[] Noise(int seed, int count)
    {
        float[] values = new float[count];
        new TorchNoise(seed).Fill(values);
        return values;
    }

    private static double PeakMegabytes()
    {
        const string file = "/proc/self/status";
        if (!File.Exists(file)) return 0;
        string line = File.ReadLines(file).First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;
    }

    private static int? GpuMegabytes()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("nvidia-smi", ["--id=0", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]) { RedirectStandardOutput = true })!;
            return int.TryParse(process.StandardOutput.ReadToEnd().Trim(), out int megabytes) ? megabytes : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
