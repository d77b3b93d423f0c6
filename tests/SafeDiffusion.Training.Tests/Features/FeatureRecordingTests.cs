using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Policies;

namespace SafeDiffusion.Training.Recording;

/// <summary>Model layer: the unit tokens' scores are features in which every token's score is linear.</summary>
public sealed class FeatureRecordingTests
{
    [Fact]
    public async Task ScoreOfAnyTokenIsItsProductWithTheFeatures()
    {
        LayerSelection layers = LayerSelection.ByIndex(1, 4, 5);
        Random random = new(5);
        float[] token = [.. Enumerable.Range(0, 64).Select(_ => (float)(random.NextDouble() - 0.5))];
        float[] features = [];
        float[] scores = [];
        int compared = 0;
        SafetyPolicy policy = SafetyPolicy.Empty
            .Add(new FeatureRecording { Tokens = UnitTokens.Of(64), Layers = layers, Record = (_, values) => features = values.ToArray() })
            .Add(new FeatureRecording { Tokens = token, Layers = layers, Record = (_, values) => Compare(values.ToArray()) });
        await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(Fixture.ShapesModel, new PipelineOptions().For(policy));
        await pipeline.GenerateAsync(new GenerationRequest("a red circle") { Steps = 3, Policy = policy });
        Assert.Equal(3, compared);

        void Compare(float[] values)
        {
            scores = values;
            double scale = scores.Max(Math.Abs);
            for (int p = 0; p < scores.Length; p++)
            {
                double expected = Enumerable.Range(0, 64).Sum(d => (double)token[d] * features[(d * scores.Length) + p]);
                Assert.Equal(expected, scores[p], 1e-5 * scale);
            }
            compared++;
        }
    }
}
