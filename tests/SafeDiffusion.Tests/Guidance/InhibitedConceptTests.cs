using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Model.UNet;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: which weights a concept's tokens get, which concepts are near, and what a policy may say.</summary>
public sealed class InhibitedConceptTests
{
    /// <summary>The weights of attention-gie.safetensors, -w on the concept's own positions in the conditioned row.</summary>
    [Theory]
    [InlineData("small", 0, 3)]
    [InlineData("two_concepts", 0, 2)]
    [InlineData("two_concepts", 1, 5)]
    [InlineData("zero_scale", 0, 4)]
    public void OwnTokensWeighAsInTheReference(string name, int concept, int own)
    {
        SafeTensorsFile file = SafeTensorsFile.Load(Fixture.Locate("numerics", "attention-gie.safetensors"));
        StoredTensor scale = file[$"{name}/inhibitor_scale"], states = file[$"{name}/inhibitor_hidden_states"];
        (int concepts, int tokens, int width) = ((int)scale.Shape[1], (int)scale.Shape[2], (int)states.Shape[3]);
        ReadOnlySpan<float> expected = scale.AsSingles().Slice((concepts + concept) * tokens, tokens);
        EncodedConcept encoded = new(name, new TextStates(null, new float[tokens * width], tokens, width), End: own + 1);
        Assert.True(expected[1] <= 0);
        Inhibitor inhibitor = encoded.Inhibitor(expected.Slice(1, own), []);
        Assert.Equal(expected.ToArray(), inhibitor.Weights);
    }

    [Fact]
    public void OfNearConceptsTheOneWithTheLargestScaleStays()
    {
        EncodedConcept[] concepts = [Pooled("a", 1, 0), Pooled("b", 1, 0.1f), Pooled("c", 0, 1), Pooled("d", 1, 0)];
        (int Place, float Distance)?[] dropped = NearSynonyms.Find(concepts, [2, 3, 1, 2], threshold: 0.01f);
        Assert.Equal([1, null, null, 1], dropped.Select(near => near?.Place));
        Assert.Equal(1 - 1 / MathF.Sqrt(1.01f), dropped[0]!.Value.Distance, 1e-5f);
        // Only the same is near at 0, and what has no scale drops nothing.
        Assert.Equal([null, null, null, 0], NearSynonyms.Find(concepts, [2, 3, 1, 2], threshold: 0).Select(near => near?.Place));
        Assert.Equal([null, null, null, null], NearSynonyms.Find(concepts, [0, 0, 1, 2], threshold: 0.01f).Select(near => near?.Place));
    }

    [Theory]
    [InlineData("""{ "method": "growth-inhibitor" }""", "concept")]
    [InlineData("""{ "method": "growth-inhibitor", "concepts": [ { "text": " " } ] }""", "concepts[0].text")]
    [InlineData("""{ "method": "growth-inhibitor", "concepts": [ { "text": "a", "scale": -1 } ] }""", "concepts[0].scale")]
    [InlineData("""{ "method": "growth-inhibitor", "concept": "a", "layers": "," }""", "layers")]
    [InlineData("""{ "method": "growth-inhibitor", "concept": "a", "synonymThreshold": 3 }""", "synonymThreshold")]
    [InlineData("""{ "method": "growth-inhibitor", "concept": "a", "when": "detected" }""", "detects")]
    public void BadSettingsAreRefusedByName(string protection, string named)
    {
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Parse($$"""{ "version": 1, "protections": [ {{protection}} ] }"""));
        Assert.Contains("protections[0]", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAdapterAndAScaleContradictEachOther()
    {
        GrowthInhibition adapted = new() { Concept = "a", Adapter = TestAdapter.Constant(2, 1) };
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddGrowthInhibitor(adapted with { Scale = 5 }));
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddGrowthInhibitor(adapted with { Concepts = [new() { Text = "b", Scale = 2 }] }));
        Assert.NotEmpty(SafetyPolicy.Empty.AddGrowthInhibitor(adapted).Protections);
    }

    [Theory]
    [InlineData("automatic")]
    [InlineData("all")]
    [InlineData("2,4")]
    [InlineData("#1,#2")]
    public void SettingsComeBackFromJson(string layers)
    {
        SafetyPolicy policy = SafetyPolicy.Parse($$"""
            { "version": 1, "protections": [ { "method": "growth-inhibitor", "concept": "a", "concepts": [ { "text": "b", "scale": 2 } ], "layers": "{{layers}}", "contrast": true } ] }
            """);
        GrowthInhibition read = Assert.IsType<GrowthInhibition>(policy.Protections.Single());
        Assert.Equal(layers, read.Layers!.Text);
        Assert.Equal(read, SafetyPolicy.Parse(policy.ToJson()).Protections.Single());
        Assert.Equal(["a", "b"], read.AllConcepts.Select(concept => concept.Text));
        Assert.True(((InhibitedLayers)LayerSelection.All).Text == "all");
    }

    private static EncodedConcept Pooled(string text, float x, float y) => new(text, new TextStates(null, [0, 0, 0, 0, x, y], 3, 2), End: 2);
}
