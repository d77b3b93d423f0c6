using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>The pictures of an order, and what was done for them.</summary>
internal sealed record Drawing(IReadOnlyList<RgbImage> Images, GenerationReport Report, GenerationLatents? Latents, IReadOnlyList<HeatMap> HeatMaps);

/// <summary>Where a batch stands after a step.</summary>
internal sealed record DrawingProgress(int Step, int Steps, long Rows, TimeSpan Elapsed, IReadOnlyList<RgbImage> Previews)
{
    /// <summary>0 for the first pass; above, its pictures are begun again.</summary>
    public int Pass { get; init; }

    /// <summary>The pictures of the pass.</summary>
    public int Pictures { get; init; }
}
