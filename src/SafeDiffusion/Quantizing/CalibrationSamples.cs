using System.Numerics.Tensors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Scheduling;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Quantizing;

/// <summary>What a network is asked while the float model draws.</summary>
/// <param name="Shape">The latents' shape.</param>
/// <param name="Chosen">Those that ranges and layers are chosen by.</param>
/// <param name="Held">Those that only the result is measured on: other prompts, other seeds.</param>
internal sealed record CalibrationSamples(LatentShape Shape, IReadOnlyList<CalibrationSample> Chosen, IReadOnlyList<CalibrationSample> Held)
{
    /// <summary>Draws the pictures. The UNet is asked for the prompt's row and the null condition's, at some timesteps of every picture; the VAE decoder for every picture.</summary>
    public static async Task<(CalibrationSamples UNet, CalibrationSamples Decoder)> DrawAsync(string model, QuantizationOptions options, Action<QuantizationStage, int, int> report, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> prompts = options.Prompts ?? QuantizationOptions.NeutralPrompts;
        int held = Math.Max(1, prompts.Count / 4);
        List<CalibrationSample>[] parts = [[], []], finals = [[], []];
        LatentShape shape = default;
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(model, new PipelineOptions { Threads = options.Threads }, cancellationToken).ConfigureAwait(false);
        DdimScheduler scheduler = new(pipeline.Model.Scheduler);
        TextStates empty = pipeline.EncodeText("", cancellationToken);
        for (int i = 0; i < prompts.Count; i++)
        {
            report(QuantizationStage.Drawing, i, prompts.Count);
            GenerationResult result = await pipeline.GenerateAsync(
                new GenerationRequest(prompts[i])
                {
                    Seed = options.Seed + i,
                    Steps = options.Steps,
                    GuidanceScale = options.GuidanceScale,
                    Width = options.Width,
                    Height = options.Height,
                    KeepLatents = true,
                },
                cancellationToken: cancellationToken).ConfigureAwait(false);
            StoredTensor initial = result.Latents!.Initial;
            shape = new((int)initial.Shape[1], (int)initial.Shape[2], (int)initial.Shape[3]);
            TextStates prompt = pipeline.EncodeText(prompts[i], cancellationToken);
            int part = i < prompts.Count - held ? 0 : 1;
            foreach (int step in Spread(options.Steps, options.Timesteps))
            {
                ReadOnlySpan<float> latents = step == 0 ? initial.AsSingles() : result.Latents.Steps.AsSingles().Slice((step - 1) * shape.Length, shape.Length);
                int timestep = result.Report.Images[0].Steps[step].Timestep;
                foreach (TextStates text in new[] { prompt, empty }) parts[part].Add(new(timestep, latents.ToArray(), text, 1 - scheduler.AlphaCumprodAt(timestep)));
            }
            float[] final = result.Latents.Steps.AsSingles()[^shape.Length..].ToArray();
            TensorPrimitives.Divide(final, pipeline.Model.VaeScalingFactor, final);
            finals[part].Add(new(0, final, null, 1));
        }
        report(QuantizationStage.Drawing, prompts.Count, prompts.Count);
        return (new(shape, parts[0], parts[1]), new(shape, finals[0], finals[1]));
    }

    /// <summary>Some of the samples, evenly over all, so that pictures, timesteps and both rows are among them.</summary>
    public static CalibrationSample[] Some(IReadOnlyList<CalibrationSample> samples, int count) =>
        [.. Spread(samples.Count, Math.Min(count, samples.Count)).Select(index => samples[index])];

    private static IEnumerable<int> Spread(int count, int wanted) => wanted == 1 ? [count / 2] : Enumerable.Range(0, wanted).Select(i => (int)Math.Round(i * (count - 1.0) / (wanted - 1)));
}
