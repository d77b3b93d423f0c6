using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: fused self-attention gives the same output, alone and with features.</summary>
public sealed class FusionTests
{
    /// <summary>The fixtures in which layers are fused, and how many of the 7 or 4.</summary>
    public static TheoryData<string> Fusible => ["legacy14-merged", "legacy14-sdpa", "legacy17-sdpa", "sd2-linear", "optimum", "dynamo18", "attention23"];

    public static TheoryData<string> LeftAlone => ["fp16-io16", "fp16-upcast", "fp16-io32", "fused-mha"];

    [Theory]
    [MemberData(nameof(Fusible))]
    public void The_output_stays_the_same(string name)
    {
        FixtureCase fixture = new(name);
        OnnxModelFile fused = UNetFusion.Fuse(fixture.Model, 16, 16, minPositions: 1);
        int layers = UNetInstrumentation.Analyze(fixture.Model).SelfAttention.Count;
        Assert.True(layers > 0);
        Assert.Equal(layers, FusedLayers(fused));
        GraphChecker.Check(fused);
        using TestSession plain = new(fixture.Model);
        using TestSession session = new(fused);
        foreach (bool wide in new[] { false, true })
        {
            Dictionary<string, TestTensor> inputs = fixture.Inputs(wide);
            fixture.AssertClose(plain.Run(fixture.Timestep, inputs)[fixture.Output], session.Run(fixture.Timestep, inputs)[fixture.Output]);
        }
    }

    [Theory]
    [MemberData(nameof(Fusible))]
    public void Features_agree_with_the_reference(string name)
    {
        FixtureCase fixture = new(name);
        AssertFeatures(fixture, UNetFusion.Fuse(fixture.Model, 16, 16, minPositions: 1));
    }

    [Theory]
    [MemberData(nameof(Fusible))]
    public void Cross_attention_may_be_fused_as_well(string name)
    {
        FixtureCase fixture = new(name);
        UNetAnalysis plain = UNetInstrumentation.Analyze(fixture.Model);
        OnnxModelFile fused = UNetFusion.Fuse(fixture.Model, analysis => analysis.CrossAttention.Concat(analysis.SelfAttention));
        Assert.Equal(plain.CrossAttention.Count + plain.SelfAttention.Count, FusedLayers(fused));
        using TestSession session = new(fused);
        fixture.AssertClose(fixture.Reference["out_sample"], session.Run(fixture.Timestep, fixture.Inputs())[fixture.Output]);
        AssertFeatures(fixture, fused);
    }

    [Theory]
    [MemberData(nameof(Fusible))]
    public void Small_and_large_sizes_are_right_where_layers_choose(string name)
    {
        FixtureCase fixture = new(name);
        UNetAnalysis analysis = UNetInstrumentation.Analyze(fixture.Model);
        TestTensor sample = fixture.Reference["sample"];
        // The grid of the latents themselves runs fused, smaller ones do not.
        OnnxModelFile choosing = UNetFusion.FuseBySize(fixture.Model, (int)(sample.Shape[2] * sample.Shape[3]));
        GraphChecker.Check(choosing);
        Assert.Equal(analysis.SelfAttention.Count, choosing.Proto.Graph.Node.Count(node => node.OpType == "If"));
        Assert.Equal(0, FusedLayers(choosing));
        Assert.Equal(analysis.CrossAttention.Count, UNetInstrumentation.Analyze(choosing).CrossAttention.Count);
        Assert.Same(choosing, UNetFusion.FuseBySize(choosing));
        AssertFeatures(fixture, choosing);
        foreach (int positions in new[] { 1, (int)(sample.Shape[2] * sample.Shape[3]), int.MaxValue })
        {
            using TestSession session = new(UNetFusion.FuseBySize(fixture.Model, positions));
            fixture.AssertClose(fixture.Reference["out_sample"], session.Run(fixture.Timestep, fixture.Inputs())[fixture.Output]);
            fixture.AssertClose(fixture.Reference["out_sample_wide"], session.Run(fixture.Timestep, fixture.Inputs(wide: true))[fixture.Output]);
        }
    }

    [Theory]
    [MemberData(nameof(LeftAlone))]
    public void Half_precision_and_fused_graphs_are_left_alone(string name)
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model(name));
        Assert.Same(model, UNetFusion.Fuse(model, 16, 16, minPositions: 1));
    }

    [Fact]
    public void The_size_decides_layer_by_layer()
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model("legacy17-sdpa"));
        IReadOnlyList<AttentionLayer> layers = UNetInstrumentation.Analyze(model).SelfAttention;
        Assert.Same(model, UNetFusion.Fuse(model, 32, 32));
        Assert.Equal(layers.Count(layer => layer.GridFactor == 1), FusedLayers(UNetFusion.Fuse(model, 64, 64)));
        Assert.Equal(layers.Count(layer => layer.GridFactor <= 2), FusedLayers(UNetFusion.Fuse(model, 96, 96)));
    }

    [Fact]
    public void Fusing_twice_is_fusing_once_and_undoing_features_keeps_it()
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model("legacy17-sdpa"));
        OnnxModelFile fused = UNetFusion.Fuse(model, 64, 64);
        Assert.Same(fused, UNetFusion.Fuse(fused, 64, 64));
        OnnxModelFile instrumented = UNetInstrumentation.Instrument(fused, AttentionFeatures.Detect);
        Assert.Same(instrumented, UNetFusion.Fuse(instrumented, 96, 96));
        OnnxModelFile again = UNetInstrumentation.Instrument(instrumented, AttentionFeatures.All);
        Assert.Equal(FusedLayers(fused), FusedLayers(again));
    }

    private static int FusedLayers(OnnxModelFile model) => model.Proto.Graph.Node.Count(node => node.OpType == "MultiHeadAttention");

    private static void AssertFeatures(FixtureCase fixture, OnnxModelFile fused)
    {
        OnnxModelFile edited = fixture.Instrumented(AttentionFeatures.All, fused);
        GraphChecker.Check(edited);
        using TestSession session = new(edited);
        Dictionary<string, TestTensor> results = session.Run(fixture.Timestep, fixture.Inputs(false, "token_scale", "inhibitor_scale"));
        fixture.AssertClose(fixture.Reference["out_sample_all"], results[fixture.Output]);
        fixture.AssertClose(fixture.Reference["detection_scores_all"], results["detection_scores"]);
        fixture.AssertClose(fixture.Reference["inhibitor_response_all"], results["inhibitor_response"]);
    }
}
