using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Instrumentation;
using SafeDiffusion.Instrumentation.Onnx;
using SafeDiffusion.Instrumentation.Quantization;
using SafeDiffusion.Model.Loading;

namespace SafeDiffusion.Quantizing;

/// <summary>
/// Writes a model folder whose UNet, and VAE decoder on demand, run in 8-bit whole numbers where that costs little: about half the time of a
/// step on processors with VNNI or AMX, a third of the weights' size. Guidelines, adapters and erasures of the float model are accepted by it.
/// </summary>
public static class QuantizedModel
{
    /// <summary>
    /// Calibrates on the model's own pictures, measures what each layer costs, chooses, and writes the folder whole or not at all. What has been
    /// found is kept beside the output (<c>NAME.calibration.json</c>) until it is written, so that a run that was cut off goes on.
    /// </summary>
    /// <param name="modelFolder">The model folder; it is left as it is.</param>
    /// <param name="outputFolder">The folder to make; it must not be there yet.</param>
    /// <param name="options">How to calibrate; null for the defaults.</param>
    /// <param name="copyWeights">Whether to copy the other networks' files; otherwise both folders share them (hard links, on one drive).</param>
    /// <param name="progress">Is told of every stage.</param>
    /// <param name="cancellationToken">Ends the work within one network call.</param>
    /// <returns>The plan, which is also written into the folder (<see cref="QuantizationPlan.FileName"/>).</returns>
    /// <exception cref="InvalidRequestException">An option is out of range.</exception>
    /// <exception cref="InvalidFileException">A file is missing, damaged or cannot be written; the output is there already; the UNet is quantised or instrumented; or the decoder is quantised.</exception>
    /// <exception cref="GraphNotUnderstoodException">The UNet's cross-attention is not understood.</exception>
    public static async Task<QuantizationPlan> WriteAsync(string modelFolder, string outputFolder, QuantizationOptions? options = null, bool copyWeights = false,
        IProgress<QuantizationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new QuantizationOptions();
        options.Check();
        ModelFolder folder = new(modelFolder);
        string output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputFolder));
        if (Path.Exists(output)) throw new InvalidFileException(outputFolder, "is there already. Remove it, or name another folder.");
        OnnxModelFile textEncoder = folder.LoadNetwork("text_encoder");
        CalibratedUNet unet = new(folder.LoadNetwork("unet"));
        CalibratedDecoder? decoder = options.VaeDecoder ? new(folder.LoadNetwork("vae_decoder")) : null;
        string hash = await Task.Run(() => WeightsHash.Compute([textEncoder, unet.File]), cancellationToken).ConfigureAwait(false);
        string? decoderHash = decoder is null ? null : WeightsHash.Compute([decoder.File]);
        CalibrationState state = CalibrationState.Open($"{output}.calibration.json", Key($"{hash} {decoderHash}", options));
        (CalibrationSamples samples, CalibrationSamples pictures) = await CalibrationSamples.DrawAsync(modelFolder, options, Report, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Quantize(), cancellationToken).ConfigureAwait(false);

        QuantizationPlan Quantize()
        {
            PlannedNetwork planned = Plan(unet, samples);
            QuantizationPlan plan = new()
            {
                BaseModelHash = hash,
                Tool = Tool,
                Timesteps = planned.Timesteps,
                HeldTimesteps = planned.HeldTimesteps,
                Layers = planned.Layers,
                Groups = planned.Groups,
                SignalToNoise = planned.SignalToNoise,
                MeanSignalToNoise = planned.MeanSignalToNoise,
                VaeDecoder = decoder is null ? null : DecoderPlan(Plan(decoder, pictures), decoderHash!),
            };
            WriteFolder(folder, output, copyWeights, textEncoder, unet.File, decoder?.File, plan, Report, cancellationToken);
            state.Delete();
            return plan;
        }

        PlannedNetwork Plan(CalibratedNetwork network, CalibrationSamples asked)
        {
            Calibrator calibrator = new(network, asked, state, new ProviderSettings(ExecutionProvider.Cpu, options.Threads), Report, cancellationToken);
            return new Planning(calibrator, network, asked, options, Report).Make();
        }

        void Report(QuantizationStage stage, int done, int total) => progress?.Report(new(stage, done, total));
    }

    private static string Tool => $"SafeDiffusion {typeof(QuantizedModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]}";

    private static DecoderPlan DecoderPlan(PlannedNetwork planned, string hash) =>
        new() { BaseHash = hash, Layers = planned.Layers, Groups = planned.Groups, SignalToNoise = planned.MeanSignalToNoise };

    private static void WriteFolder(
        ModelFolder folder, string output, bool copyWeights, OnnxModelFile textEncoder, OnnxModelFile unet, OnnxModelFile? decoder, QuantizationPlan plan, Action<QuantizationStage, int, int> report, CancellationToken cancellationToken)
    {
        Direct progress = new(report);
        Dictionary<string, Action<string>> write = new()
        {
            ["unet"] = path =>
            {
                UNetQuantization.Write(unet, textEncoder, plan.Quantized, plan.BaseModelHash, plan.Tool, path, progress, cancellationToken);
                plan.Save(Path.Combine(path[..^Path.GetRelativePath(folder.Path, unet.Path).Length], QuantizationPlan.FileName));
            },
        };
        if (decoder is not null) write["vae_decoder"] = path => DecoderQuantization.Write(decoder, plan.VaeDecoder!.Quantized, plan.VaeDecoder.BaseHash, plan.Tool, path, progress, cancellationToken);
        ModelCopy.Write(folder, output, copyWeights, write, [.. unet.ExternalDataPaths, .. decoder?.ExternalDataPaths ?? []], cancellationToken);
    }

    /// <summary>Everything that what is found depends on.</summary>
    private static string Key(string hash, QuantizationOptions options)
    {
        string settings = string.Join('\n', [hash, Tool, .. options.Prompts ?? QuantizationOptions.NeutralPrompts,
            FormattableString.Invariant($"{options.Seed} {options.Steps} {options.Timesteps} {options.GuidanceScale:R} {options.Width} {options.Height} {options.SensitivitySamples}")]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings)));
    }

    private sealed class Direct(Action<QuantizationStage, int, int> report) : IProgress<QuantizingProgress>
    {
        public void Report(QuantizingProgress value) => report(QuantizationStage.Writing, value.Done, value.Total);
    }
}
