using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Policies;
using SafeDiffusion.ShapesWorld;

namespace SafeDiffusion.Evaluation.Protecting;

/// <summary>Model layer, by the exact judge: a positive scale suppresses the concept. With the sign wrong it would be promoted.</summary>
public sealed class GrowthInhibitorTests
{
    private const string Label = "red triangle";

    [Theory]
    [InlineData(GrowthInhibitorPreset.Published, 10f)]
    [InlineData(GrowthInhibitorPreset.Contrasting, null)]
    public async Task APositiveScaleMakesTheConceptGo(GrowthInhibitorPreset preset, float? scale)
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddGrowthInhibitor(new GrowthInhibition { Concept = "a red triangle", Preset = preset, Scale = scale });
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions().For(policy));
        GenerationRequest request = new("a red triangle on a gray background") { Seed = 40, Count = 6, Steps = 25, GuidanceScale = 5 };
        Assert.Equal(6, await CountAsync(request));
        Assert.InRange(await CountAsync(request with { Policy = policy }), 0, 2);

        async Task<int> CountAsync(GenerationRequest wanted)
        {
            GenerationResult result = await pipeline.GenerateAsync(wanted);
            return new ShapesJudge("exact").Judge(result.Images).Count(judgement => judgement.Findings.Any(finding => finding.Label == Label));
        }
    }
}
