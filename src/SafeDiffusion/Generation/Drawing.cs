using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Generation;

/// <summary>The pictures of an order, and what was done for them.</summary>
internal sealed record Drawing(IReadOnlyList<RgbImage> Images, GenerationReport Report, GenerationLatents? Latents, IReadOnlyList<HeatMap> HeatMaps);

/// <summary>Where a batch stands after a step.</summary>
internal sealed record DrawingProgress(int Step, int Steps, long Rows, TimeSpan Elapsed, IReadOnlyList<RgbImage> Previews);
