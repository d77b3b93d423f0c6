using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: the adapter's network against values computed by hand, and its file.</summary>
public sealed class ScaleAdapterTests
{
    private static readonly AssetIdentity _identity = new() { Concept = "shapes", BaseModelHash = "none", Tool = "test" };

    /// <summary>h1 = relu(x0 - x1 + 0.5), h2 = relu(2 x0 - 1), y = 3 relu(h1 + 2 h2 - 0.25) + 0.125.</summary>
    [Theory]
    [InlineData(0.75f, 0.25f, 5.375f)]
    [InlineData(0f, 1f, 0.125f)]
    [InlineData(0.25f, 0f, 1.625f)]
    public void TheNetworkIsLinearWithReluBetween(float first, float second, float expected) => Assert.Equal(expected, Small().Scale([first, second]), 1e-6f);

    [Fact]
    public void OtherNumbersOfLayersAreRefused() => Assert.Throws<ArgumentException>(() => Small().Scale([1]));

    [Fact]
    public void AnAdapterComesBackFromItsFile()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("a.safetensors");
        Small().Save(file);
        ScaleAdapter read = ScaleAdapter.Load(file);
        Assert.Equal((Small().Hash, 2, "shapes"), (read.Hash, read.Layers, read.Identity.Concept));
        Assert.Equal(5.375f, read.Scale([0.75f, 0.25f]), 1e-6f);
        Assert.NotEqual(TestAdapter.Constant(2, 1).Hash, read.Hash);
    }

    [Theory]
    [InlineData("fc2.bias")]
    [InlineData("fc1.weight")]
    public void WhatIsNoAdapterIsRefused(string tensor)
    {
        using TemporaryFolder folder = new();
        string file = folder.File("a.safetensors");
        Dictionary<string, StoredTensor> tensors = TestAdapter.Tensors(2, _ => { });
        Save(new(tensors) { [tensor] = StoredTensor.FromSingles(new float[3], 3) });
        Assert.Contains(tensor, Assert.Throws<InvalidFileException>(() => ScaleAdapter.Load(file)).Message, StringComparison.Ordinal);
        Save(TestAdapter.Tensors(2, values => values[tensor][0] = float.NaN));
        Assert.Contains("finite", Assert.Throws<InvalidFileException>(() => ScaleAdapter.Load(file)).Message, StringComparison.Ordinal);
        tensors.Remove(tensor);
        Save(tensors);
        Assert.Throws<InvalidFileException>(() => ScaleAdapter.Load(file));

        void Save(Dictionary<string, StoredTensor> contents) => new SafeTensorsFile(contents, _identity.ToMetadata("adapter")).Save(file);
    }

    [Fact]
    public void PresetAndRecordComeBackFromTheFile()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("a.safetensors");
        ScaleAdapter adapter = new(_identity, new SafeTensorsFile(TestAdapter.Tensors(2, _ => { })))
        {
            Preset = GrowthInhibitorPreset.Contrasting,
            Training = new JsonObject { ["seeds"] = 3 },
            Measured = new JsonObject { ["auc"] = 0.75 },
        };
        adapter.Save(file);
        ScaleAdapter read = ScaleAdapter.Load(file);
        Assert.Equal((adapter.Hash, GrowthInhibitorPreset.Contrasting, 3, 0.75), (read.Hash, read.Preset, (int)read.Training!["seeds"]!, (double)read.Measured!["auc"]!));
        SafetyPolicy.Empty.Add(new GrowthInhibition { Concept = "a", Preset = GrowthInhibitorPreset.Contrasting, Adapter = read });
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.Add(new GrowthInhibition { Concept = "a", Adapter = read }));
        Assert.Contains("contrasting", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("preset", "fierce", "fierce")]
    [InlineData("training", "[]", "no adapter that can be read")]
    [InlineData("measured", "{", "no adapter that can be read")]
    public void DamagedMetadataIsRefused(string key, string value, string expected)
    {
        using TemporaryFolder folder = new();
        new SafeTensorsFile(TestAdapter.Tensors(2, _ => { }), _identity.ToMetadata("adapter").Add(key, value)).Save(folder.File("a.safetensors"));
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => ScaleAdapter.Load(folder.File("a.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAssetOfAnotherKindIsRefused()
    {
        using TemporaryFolder folder = new();
        new SafeTensorsFile(TestAdapter.Tensors(2, _ => { }), _identity.ToMetadata("erasure")).Save(folder.File("a.safetensors"));
        Assert.Contains("erasure", Assert.Throws<InvalidFileException>(() => ScaleAdapter.Load(folder.File("a.safetensors"))).Message, StringComparison.Ordinal);
    }

    private static ScaleAdapter Small() => TestAdapter.Of(2, values =>
    {
        (values["fc1.weight"][0], values["fc1.weight"][1], values["fc1.bias"][0]) = (1, -1, 0.5f);
        (values["fc1.weight"][2], values["fc1.bias"][1]) = (2, -1);
        (values["fc2.weight"][0], values["fc2.weight"][1], values["fc2.bias"][0]) = (1, 2, -0.25f);
        (values["fc3.weight"][0], values["fc3.bias"][0]) = (3, 0.125f);
    });
}
