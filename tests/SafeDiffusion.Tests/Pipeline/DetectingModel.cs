using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Pipeline;

/// <summary>The shapes model, loaded to detect red triangles.</summary>
public sealed class DetectingModel : IAsyncLifetime
{
    /// <summary>Away from red triangles.</summary>
    internal static DetectionGuidance Guidance { get; } = new() { Guideline = ShapesGuideline.RedTriangle };

    internal static string GuidelineFile => ShapesGuideline.RedTriangle.Path!;

    internal static SafetyPolicy Policy { get; } = SafetyPolicy.Empty.AddDetectAndGuide(Guidance);

    public SafeDiffusionPipeline Pipeline { get; private set; } = null!;

    public async Task InitializeAsync() => Pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions().For(Policy));

    public async Task DisposeAsync() => await Pipeline.DisposeAsync();
}
