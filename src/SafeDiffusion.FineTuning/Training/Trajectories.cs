using SafeDiffusion.Core.Errors;
using SafeDiffusion.Generation;
using SafeDiffusion.Policies;

namespace SafeDiffusion.FineTuning.Training;

/// <summary>Latents of sampled trajectories, as the pipeline drew them.</summary>
internal sealed class Trajectories
{
    private readonly List<(int Prompt, float[][] Latents)> _paths = [];

    /// <summary>The timesteps of every trajectory, from the noisiest.</summary>
    public IReadOnlyList<int> Timesteps { get; private set; } = [];

    /// <summary>A latent's shape with a batch of one, <c>[1, C, H, W]</c>.</summary>
    public long[] Shape { get; private set; } = [];

    /// <summary>Samples trajectories of the prompts in turn.</summary>
    /// <exception cref="InvalidRequestException">They would take more memory than is allowed.</exception>
    public static async Task<Trajectories> SampleAsync(
        SafeDiffusionPipeline pipeline, IReadOnlyList<string> prompts, int count, float guidanceScale, SafetyPolicy policy, FineTuningOptions options, Action<int>? sampled, CancellationToken cancellationToken)
    {
        Trajectories all = new();
        for (int i = 0; i < count; i++)
        {
            int prompt = i % prompts.Count;
            GenerationRequest request = new(prompts[prompt])
            {
                Seed = unchecked(options.Seed * 1_000_003 + i),
                Steps = options.Steps,
                GuidanceScale = guidanceScale,
                Policy = policy,
                KeepLatents = true,
            };
            GenerationResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);
            GenerationLatents latents = result.Latents!;
            all.Shape = [.. latents.Initial.Shape];
            all.Timesteps = [.. result.Report.Images[0].Steps.Select(step => step.Timestep)];
            long bytes = (long)latents.Steps.Bytes.Length * count;
            if (bytes > options.MaxTrajectoryBytes) throw new InvalidRequestException("trajectories", $"of {count} would take {bytes >> 20} MiB of latents, and {options.MaxTrajectoryBytes >> 20} are allowed. Take fewer, or fewer steps.");
            all._paths.Add((prompt, Split(latents)));
            sampled?.Invoke(i + 1);
        }
        return all;
    }

    /// <summary>A latent that is drawn by chance: its values, its timestep, and its prompt.</summary>
    /// <param name="random">The source of chance.</param>
    /// <param name="share">The share of the steps, from the noisiest, that it comes from.</param>
    public (float[] Latents, int Timestep, int Prompt) Draw(Random random, double share)
    {
        (int prompt, float[][] latents) = _paths[random.Next(_paths.Count)];
        int step = random.Next(Math.Max(1, (int)(latents.Length * share)));
        return (latents[step], Timesteps[step], prompt);
    }

    /// <summary>Latents of several trajectories at one step that is drawn by chance, with their prompts.</summary>
    public (float[] Latents, int Prompt)[] DrawAtOneStep(Random random, int count, out int timestep)
    {
        int step = random.Next(Timesteps.Count);
        timestep = Timesteps[step];
        return [.. Enumerable.Range(0, count).Select(_ => _paths[random.Next(_paths.Count)]).Select(path => (path.Latents[step], path.Prompt))];
    }

    /// <summary>The latents that each step was predicted on: the initial ones, then those after each step but the last.</summary>
    private static float[][] Split(GenerationLatents latents)
    {
        float[] after = latents.Steps.ToSingles();
        int length = latents.Initial.Count;
        return [latents.Initial.ToSingles(), .. Enumerable.Range(0, after.Length / length - 1).Select(step => after[(step * length)..((step + 1) * length)])];
    }
}
