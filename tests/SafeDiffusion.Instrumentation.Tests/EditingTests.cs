using Microsoft.ML.OnnxRuntime;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: properties of the edited graphs themselves.</summary>
public sealed class EditingTests
{
    public static IEnumerable<object[]> Everything => FixtureCase.Runnable.Append(["fused-packed"]);

    [Theory]
    [MemberData(nameof(Everything))]
    public void Edited_graphs_keep_the_rules_of_ONNX(string name)
    {
        FixtureCase fixture = new(name);
        for (AttentionFeatures features = AttentionFeatures.Detect; features <= AttentionFeatures.All; features++)
        {
            OnnxModelFile edited = fixture.Instrumented(features);
            GraphChecker.Check(edited);
            Assert.Equal(Added(features), edited.Inputs.Concat(edited.Outputs).Skip(fixture.Model.Inputs.Count)
                .Select(value => value.Name).Where(value => value != fixture.Output));
            Assert.Equal(fixture.Model.ExternalDataFiles, edited.ExternalDataFiles);
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Editing_twice_gives_the_same_bytes(string name)
    {
        FixtureCase fixture = new(name);
        byte[] original = fixture.Model.ToBytes();
        byte[] once = fixture.Instrumented(AttentionFeatures.All).ToBytes();
        Assert.Equal(original, fixture.Model.ToBytes());
        OnnxModelFile read = Reread(fixture, once);
        Assert.Equal(once, fixture.Instrumented(AttentionFeatures.All, read).ToBytes());
        Assert.Equal(once, fixture.Instrumented(AttentionFeatures.All).ToBytes());
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Another_ask_is_done_anew(string name)
    {
        FixtureCase fixture = new(name);
        byte[] direct = fixture.Instrumented(AttentionFeatures.Detect).ToBytes();
        OnnxModelFile all = Reread(fixture, fixture.Instrumented(AttentionFeatures.All).ToBytes());
        OnnxModelFile less = fixture.Instrumented(AttentionFeatures.Detect, all);
        GraphChecker.Check(less);
        Assert.Equal(AttentionFeatures.Detect, UNetInstrumentation.RecordOf(less)!.Features);
        Assert.Equal(direct.Length, less.ToBytes().Length);
    }

    [Fact]
    public void Metadata_tells_what_was_done_and_analysis_reads_it()
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model("legacy17-sdpa"));
        OnnxModelFile edited = UNetInstrumentation.Instrument(model, AttentionFeatures.Detect | AttentionFeatures.Inhibit);
        UNetAnalysis plain = UNetInstrumentation.Analyze(model);
        UNetAnalysis analysis = UNetInstrumentation.Analyze(edited);
        Assert.Null(plain.Instrumentation);
        Assert.Equal(AttentionFeatures.Detect | AttentionFeatures.Inhibit, analysis.Instrumentation!.Features);
        Assert.Equal(plain.CrossAttention.Where(layer => layer.GridFactor is 2 or 4).Select(layer => layer.Name), analysis.Instrumentation.DetectionLayers);
        Assert.Empty(analysis.Instrumentation.ReweightedLayers);
        Assert.Equal(plain.CrossAttention.Select(layer => layer.Name), analysis.Instrumentation.InhibitedLayers);
        Assert.Equal(plain.CrossAttention.Select(layer => layer.Key), analysis.CrossAttention.Select(layer => layer.Key));
        Assert.Equal(plain.CrossAttention.Select(layer => layer.Key.Initializer), analysis.Instrumentation.Layers.Select(layer => layer.KeyWeight));
    }

    [Fact]
    public void Layers_are_chosen_by_grid_name_or_index()
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model("legacy17-sdpa"));
        IReadOnlyList<AttentionLayer> layers = UNetInstrumentation.Analyze(model).CrossAttention;
        string[] Chosen(LayerSelection selection) =>
            [.. UNetInstrumentation.RecordOf(UNetInstrumentation.Instrument(model, AttentionFeatures.Reweight, selection))!.ReweightedLayers];
        Assert.Equal([layers[3].Name], Chosen(LayerSelection.ByIndex(3)));
        Assert.Equal([layers[1].Name], Chosen(LayerSelection.ByName(layers[1].Name)));
        Assert.Equal(layers.Where(layer => layer.GridFactor == 4).Select(layer => layer.Name), Chosen(LayerSelection.ByGrid(4)));
        LayerNotFoundException error = Assert.Throws<LayerNotFoundException>(() => Chosen(LayerSelection.ByName("attn9")));
        Assert.Contains(layers[0].Name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(FixtureCase.Runnable), MemberType = typeof(FixtureCase))]
    public void Every_optimisation_level_gives_the_same(string name)
    {
        FixtureCase fixture = new(name);
        OnnxModelFile edited = fixture.Instrumented(AttentionFeatures.All);
        Dictionary<string, TestTensor> inputs = fixture.Inputs(true, "token_scale", "inhibitor_scale");
        Dictionary<string, TestTensor>? first = null;
        foreach (GraphOptimizationLevel level in new[] { GraphOptimizationLevel.ORT_DISABLE_ALL, GraphOptimizationLevel.ORT_ENABLE_BASIC, GraphOptimizationLevel.ORT_ENABLE_EXTENDED, GraphOptimizationLevel.ORT_ENABLE_ALL })
        {
            using TestSession session = new(edited, level);
            Dictionary<string, TestTensor> results = session.Run(fixture.Timestep, inputs);
            first ??= results;
            Assert.All(results, result => fixture.AssertClose(first[result.Key], result.Value));
        }
    }

    private static OnnxModelFile Reread(FixtureCase fixture, byte[] bytes) => new(fixture.Model.Path, Onnx.ModelParser.Read(fixture.Model.Path, bytes));

    private static IEnumerable<string> Added(AttentionFeatures features)
    {
        if (features.HasFlag(AttentionFeatures.Detect))
            yield return "guideline_embeddings";
        if (features.HasFlag(AttentionFeatures.Reweight))
            yield return "token_scale";
        if (features.HasFlag(AttentionFeatures.Inhibit))
        {
            yield return "inhibitor_hidden_states";
            yield return "inhibitor_scale";
        }
        if (features.HasFlag(AttentionFeatures.Detect))
            yield return "detection_scores";
        if (features.HasFlag(AttentionFeatures.Inhibit))
            yield return "inhibitor_response";
    }
}
