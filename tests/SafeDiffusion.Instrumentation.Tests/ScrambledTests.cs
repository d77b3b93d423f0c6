using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: names and the order of nodes play no part.</summary>
public sealed class ScrambledTests
{
    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Renamed_and_shuffled_graphs_agree(string name)
    {
        FixtureCase fixture = new(name);
        OnnxModelFile scrambled = GraphScrambler.Scramble(fixture.Model, name.Length);
        OnnxModelFile edited = fixture.Instrumented(AttentionFeatures.All, scrambled);
        GraphChecker.Check(edited);
        using TestSession session = new(edited);
        Dictionary<string, TestTensor> results = session.Run(fixture.Timestep, fixture.Inputs(false, "token_scale", "inhibitor_scale"));
        fixture.AssertClose(fixture.Reference["out_sample_all"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["detection_scores_all"], results["detection_scores"]);
        fixture.AssertClose(fixture.Reference["inhibitor_response_all"], results["inhibitor_response"]);
        results = session.Run(fixture.Timestep, fixture.Inputs(true, "inhibitor_scale"));
        fixture.AssertClose(fixture.Reference["out_sample_inhibit_wide"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["inhibitor_response_wide"], results["inhibitor_response"]);
    }

    [Theory]
    [MemberData(nameof(EditingTests.Everything), MemberType = typeof(EditingTests))]
    public void Layers_are_found_whatever_the_order(string name)
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model(name));
        UNetAnalysis plain = UNetInstrumentation.Analyze(model);
        for (int seed = 0; seed < 5; seed++)
        {
            UNetAnalysis scrambled = UNetInstrumentation.Analyze(GraphScrambler.Scramble(model, seed));
            Assert.Equal(Described(plain.CrossAttention), Described(scrambled.CrossAttention));
            Assert.Equal(Described(plain.SelfAttention), Described(scrambled.SelfAttention));
        }
    }

    private static IEnumerable<object> Described(IEnumerable<AttentionLayer> layers) =>
        layers.Select(layer => (object)(layer.Index, layer.GridFactor, layer.Heads, layer.HeadWidth, layer.Scale, layer.Form, layer.IsPacked, layer.Key.FirstColumn));
}
