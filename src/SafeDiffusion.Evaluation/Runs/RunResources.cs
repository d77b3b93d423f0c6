using SafeDiffusion.Core.Sessions;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>How the machine is used: batches at a time, threads of a network call, pictures of a batch and rows of a UNet call.</summary>
/// <param name="Workers">Batches at a time.</param>
/// <param name="Threads">Threads of a network call; null for ONNX Runtime's choice.</param>
/// <param name="BatchSize">Pictures of a batch.</param>
/// <param name="MaxUNetRows">The most rows of a UNet call.</param>
internal sealed record RunResources(int Workers, int? Threads, int BatchSize, int MaxUNetRows)
{
    private const long SmallUNetBytes = 64 << 20;

    /// <summary>
    /// A small network gains little from threads inside a call, so that each processor draws a batch of its own (docs/performance.md);
    /// a large one gets all threads and few rows, since its memory counts.
    /// </summary>
    public static RunResources Choose(string modelFolder, EvaluationOptions options)
    {
        string unet = Path.Combine(modelFolder, "unet");
        bool isSmall = options.Provider == ExecutionProvider.Cpu && Directory.Exists(unet)
            && new DirectoryInfo(unet).EnumerateFiles().Sum(file => file.Length) < SmallUNetBytes;
        int? threads = options.Threads ?? (isSmall ? 1 : null);
        int workers = options.Workers
            ?? (options.Provider == ExecutionProvider.Cpu && threads is { } each ? Math.Max(1, Environment.ProcessorCount / each) : 1);
        return new RunResources(workers, threads, options.BatchSize ?? (isSmall ? 8 : 4), isSmall ? 32 : 8);
    }
}
