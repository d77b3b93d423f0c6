using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Sessions;
using SafeDiffusion.Evaluation.Runs.Planning;

namespace SafeDiffusion.Evaluation.Runs;

/// <summary>How a suite is run, and which part of it.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The model folder, instead of the one that the suite names.</summary>
    public string? Model { get; init; }

    /// <summary>What runs the networks.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Threads of one network call; null for one where the model is small, else for ONNX Runtime's choice.</summary>
    public int? Threads { get; init; }

    /// <summary>Batches that are drawn at a time; null for as many as processors and <see cref="Threads"/> allow. At least 1.</summary>
    public int? Workers { get; init; }

    /// <summary>Pictures of a batch; null for a number that suits the picture's size. At least 1; the pictures do not depend on it.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The part of the run that is drawn.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>The command line that runs the whole, for the report; null for none.</summary>
    public string? Command { get; init; }

    /// <summary>Told what of the model is loaded; nobody by default.</summary>
    public IProgress<LoadProgress>? LoadProgress { get; init; }

    /// <summary>The clock of the progress.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <exception cref="InvalidRequestException">A value is out of range.</exception>
    internal void Validate()
    {
        foreach ((string field, int? value) in (ReadOnlySpan<(string, int?)>)[("threads", Threads), ("workers", Workers), ("batchSize", BatchSize)])
        {
            if (value < 1) throw new InvalidRequestException(field, $"must be at least 1, and is {value}.");
        }
    }
}
