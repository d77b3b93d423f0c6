using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: every runnable fixture, feature by feature, against what PyTorch computes.</summary>
public sealed class FixtureTests
{
    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Detection_scores_agree(string name)
    {
        FixtureCase fixture = new(name);
        using TestSession session = new(fixture.Instrumented(AttentionFeatures.Detect));
        Dictionary<string, TestTensor> results = session.Run(fixture.Timestep, fixture.Inputs());
        fixture.AssertClose(fixture.Reference["detection_scores"], results["detection_scores"]);
        fixture.AssertClose(fixture.Reference["out_sample"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["detection_scores_wide"], session.Run(fixture.Timestep, fixture.Inputs(wide: true))["detection_scores"]);
    }

    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Reweighted_output_agrees(string name)
    {
        FixtureCase fixture = new(name);
        using TestSession session = new(fixture.Instrumented(AttentionFeatures.Reweight));
        fixture.AssertClose(fixture.Reference["out_sample_token_scale"],
            session.Run(fixture.Timestep, fixture.Inputs(false, "token_scale"))[fixture.Output]);
        fixture.AssertClose(fixture.Reference["out_sample_token_scale_wide"],
            session.Run(fixture.Timestep, fixture.Inputs(true, "token_scale"))[fixture.Output]);
    }

    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Inhibited_output_and_responses_agree(string name)
    {
        FixtureCase fixture = new(name);
        using TestSession session = new(fixture.Instrumented(AttentionFeatures.Inhibit));
        Dictionary<string, TestTensor> results = session.Run(fixture.Timestep, fixture.Inputs(false, "inhibitor_scale"));
        fixture.AssertClose(fixture.Reference["out_sample_inhibit"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["inhibitor_response"], results["inhibitor_response"]);
        fixture.AssertClose(fixture.Reference["inhibitor_response_neutral"], session.Run(fixture.Timestep, fixture.Inputs())["inhibitor_response"]);
        results = session.Run(fixture.Timestep, fixture.Inputs(true, "inhibitor_scale"));
        fixture.AssertClose(fixture.Reference["out_sample_inhibit_wide"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["inhibitor_response_wide"], results["inhibitor_response"]);
    }

    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void All_features_together_agree(string name)
    {
        FixtureCase fixture = new(name);
        using TestSession session = new(fixture.Instrumented(AttentionFeatures.All));
        Dictionary<string, TestTensor> results = session.Run(fixture.Timestep, fixture.Inputs(false, "token_scale", "inhibitor_scale"));
        fixture.AssertClose(fixture.Reference["out_sample_all"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["detection_scores_all"], results["detection_scores"]);
        fixture.AssertClose(fixture.Reference["inhibitor_response_all"], results["inhibitor_response"]);
    }

    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Neutral_inputs_change_nothing(string name)
    {
        FixtureCase fixture = new(name);
        using TestSession plain = new(fixture.Model);
        using TestSession session = new(fixture.Instrumented(AttentionFeatures.All));
        foreach (bool wide in new[] { false, true })
        {
            Dictionary<string, TestTensor> inputs = fixture.Inputs(wide);
            TestTensor before = plain.Run(fixture.Timestep, inputs)[fixture.Output];
            fixture.AssertClose(before, session.Run(fixture.Timestep, inputs)[fixture.Output], fixture.NeutralTolerance);
            fixture.AssertClose(before, session.Run(fixture.Timestep, Emptied(inputs))[fixture.Output], fixture.NeutralTolerance);
        }
    }

    [Theory]
    [InlineData("legacy14-merged")]
    [InlineData("fused-mha")]
    public void One_layer_alone_gives_its_own_scores(string name)
    {
        FixtureCase fixture = new(name);
        string[] layers = fixture.Reference.Names("detection_layers");
        OnnxModelFile edited = UNetInstrumentation.Instrument(fixture.Model, AttentionFeatures.Detect, LayerSelection.ByName(layers[^1]));
        using TestSession session = new(edited);
        fixture.AssertClose(fixture.Reference[$"detection_scores/{layers[^1]}"], session.Run(fixture.Timestep, fixture.Inputs())["detection_scores"]);
    }

    /// <summary>No guideline tokens, no concepts.</summary>
    private static Dictionary<string, TestTensor> Emptied(Dictionary<string, TestTensor> inputs)
    {
        long batch = inputs["sample"].Shape[0];
        long[] text = inputs["encoder_hidden_states"].Shape;
        return new(inputs)
        {
            ["guideline_embeddings"] = TestTensor.Filled(0, 0, text[2]),
            ["inhibitor_hidden_states"] = TestTensor.Filled(0, batch, 0, text[1], text[2]),
            ["inhibitor_scale"] = TestTensor.Filled(0, batch, 0, text[1]),
            ["inhibitor_mask"] = TestTensor.Filled(0, batch, 0, inputs["sample"].Shape[2], inputs["sample"].Shape[3]),
        };
    }
}
