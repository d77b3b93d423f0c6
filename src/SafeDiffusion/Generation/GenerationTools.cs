using SafeDiffusion.Checking;
using SafeDiffusion.Core.Numerics;

namespace SafeDiffusion.Generation;

/// <summary>What a pipeline draws with besides its model; what each means is said at the pipeline's options.</summary>
internal sealed record GenerationTools
{
    public required int MaxUNetRows { get; init; }

    public required Func<long, INoiseSource> NoiseSource { get; init; }

    public required IReadOnlyList<IImageChecker> Checkers { get; init; }

    public required TimeProvider TimeProvider { get; init; }
}
