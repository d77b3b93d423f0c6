using System.Diagnostics;
using FullSizeModel;
using Microsoft.ML.OnnxRuntime;
using SafeDiffusion;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;

namespace GpuCheck;

/// <summary>Measures the steps of the full-size UNet as a pipeline runs them, and with a CUDA graph, which needs fixed shapes.</summary>
internal sealed class FullSizeCheck(string structure, string work, ExecutionProvider provider, Workload workload, CheckReport report)
{
    private const int Timestep = 500;
    private readonly string _single = Path.Combine(work, "full-size");
    private readonly string _half = Path.Combine(work, "full-size-float16");
    private float[]? _expected;

    /// <param name="save">Called after every variant.</param>
    public void Run(Action save)
    {
        Make();
        Measure("plain", "float32", _single, AttentionFeatures.None);
        save();
        foreach ((string name, AttentionFeatures features) in ((string, AttentionFeatures)[])
            [("plain", AttentionFeatures.None), ("detect", AttentionFeatures.Detect), ("all features", AttentionFeatures.All)])
        {
            Measure(name, "float16", _half, features);
            save();
        }
        OnnxModelFile unet = OnnxModelFile.Load(Path.Combine(_half, "unet", "model.onnx"));
        foreach ((string name, AttentionFeatures features, Dictionary<string, string> settings) in FixedVariants())
        {
            Try(name, "float16", () => FixedShapeSteps.Measure(unet, features, settings, provider, workload, Timestep));
            save();
        }
        foreach (string network in ModelFolderWriter.Networks.Where(network => network != "unet" && Directory.Exists(Path.Combine(_single, network))))
            report.Placements.Add(PlacementOf.Network("full-size", _single, network, provider));
        report.Placements.Add(PlacementOf.Network("full-size-float16", _half, "unet", provider));
    }

    private IEnumerable<(string, AttentionFeatures, Dictionary<string, string>)> FixedVariants()
    {
        foreach ((string name, AttentionFeatures features) in ((string, AttentionFeatures)[])[("plain", AttentionFeatures.None), ("detect", AttentionFeatures.Detect)])
        {
            yield return ($"{name}, fixed shapes", features, []);
            if (provider != ExecutionProvider.Cuda) continue;
            yield return ($"{name}, fixed shapes, CUDA graph", features, new() { ["enable_cuda_graph"] = "1" });
            yield return ($"{name}, fixed shapes, CUDA graph, NHWC", features, new() { ["enable_cuda_graph"] = "1", ["prefer_nhwc"] = "1" });
        }
    }

    private void Make()
    {
        ModelFolderWriter writer = new(structure, _single);
        foreach (string network in ModelFolderWriter.Networks.Where(writer.HasNetwork)) writer.Write(network);
        HalfModel.WriteNetwork(Path.Combine(_single, "unet"), Path.Combine(_half, "unet"));
    }

    private void Measure(string variant, string precision, string folder, AttentionFeatures features) => Try(variant, precision, () =>
    {
        long began = Stopwatch.GetTimestamp();
        PipelineOptions options = new() { Provider = provider, AttentionFeatures = features };
        OnnxModelFile file = OnnxModelFile.Load(Path.Combine(folder, "unet", "model.onnx"));
        using OnnxDenoiser denoiser = new(UNetLoader.Load(file, options.ToModelSettings()).Session);
        double load = Stopwatch.GetElapsedTime(began).TotalSeconds;
        int width = denoiser.Signature.TextWidth ?? 768;
        float[] guidelines = features.HasFlag(AttentionFeatures.Detect) ? Noise(3, Workload.Guidelines * width) : [];
        using IDenoiserBatch batch = denoiser.CreateBatch(workload.Rows, new LatentShape(4, workload.Size, workload.Size), guidelines);
        for (int row = 0; row < workload.Rows; row++)
            batch.SetInputs(row, new RowInputs(new TextStates(null, Noise(2 * row, Workload.Tokens * width), Workload.Tokens, width)));
        return StepTimer.Run(load, workload.Steps, () =>
        {
            for (int row = 0; row < workload.Rows; row++) new TorchNoise(2 * row + 1).Fill(batch.Latents(row));
        }, () => batch.Evaluate(Timestep, CancellationToken.None), () => [.. Enumerable.Range(0, workload.Rows).SelectMany(row => batch.Prediction(row).ToArray())]);
    });

    /// <summary>The values that the inputs of a variant are made of, the same for all.</summary>
    public static float[] Noise(int seed, int count)
    {
        float[] values = new float[count];
        new TorchNoise(seed).Fill(values);
        return values;
    }

    private void Try(string variant, string precision, Func<(StepTimes Times, float[] Prediction)> measure)
    {
        Console.Error.WriteLine($"{variant}, {precision}");
        try
        {
            (StepTimes times, float[] prediction) = measure();
            _expected ??= prediction;
            report.Steps.Add(times with
            {
                Variant = variant,
                Precision = precision,
                Difference = AgreementCheck.RelativeDifference(prediction, _expected),
            });
        }
        catch (Exception error) when (error is SafeDiffusionException or OnnxRuntimeException or InvalidOperationException)
        {
            report.Steps.Add(new StepTimes(variant) { Precision = precision, Error = error.Message });
        }
    }
}
