using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Files;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: a guideline's file, and what is refused.</summary>
public sealed class GuidelineTests : IDisposable
{
    private static readonly AssetIdentity _identity = new() { Concept = "a red triangle", BaseModelHash = "0123abcd", Tool = "test 1" };

    private static readonly ImmutableArray<CalibrationBand> _bands = [new(0, -0.5f, 3.25f), new(500, 0.25f, 1)];

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("a.guideline.safetensors");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatIsSavedIsReadBack(bool hasBackground)
    {
        Guideline saved = new(_identity, [1, 2, 3, 4, 5, 6], 3, hasBackground ? [7, 8, 9] : [], LayerSelection.ByGrid(4, 2), _bands)
        {
            Training = new JsonObject { ["pictures"] = 8 },
            Measured = new JsonObject { ["auc"] = 0.99 },
        };
        saved.Save(File);
        Guideline read = Guideline.Load(File);
        Assert.Equal([1f, 2, 3, 4, 5, 6], read.Embeddings.ToArray());
        Assert.Equal(hasBackground ? [7f, 8, 9] : [], read.Background.ToArray());
        Assert.Equal((2, 3), (read.TokenCount, read.TextWidth));
        Assert.Equal(_bands.AsEnumerable(), read.Calibration);
        Assert.Equal(LayerSelection.Detection, read.Layers);
        Assert.Equal(_identity, read.Identity);
        Assert.Equal((8, 0.99), (read.Training!["pictures"]!.GetValue<int>(), read.Measured!["auc"]!.GetValue<double>()));
        Assert.Equal((saved.Hash, File, null), (read.Hash, read.Path, saved.Path));
        byte[] first = System.IO.File.ReadAllBytes(File);
        read.Save(File);
        Assert.Equal(first, System.IO.File.ReadAllBytes(File));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheUNetIsAskedForTheMeanOfItsTokensAndTheBackground(bool hasBackground)
    {
        float[] background = hasBackground ? [7, 8, 9] : [];
        Assert.Equal([2.5f, 3.5f, 4.5f, .. background], new Guideline(_identity, [1, 2, 3, 4, 5, 6], 3, background, LayerSelection.Detection, _bands).Values);
        Assert.Equal([0.1f, 2, float.MaxValue, .. background], new Guideline(_identity, [0.1f, 2, float.MaxValue], 3, background, LayerSelection.Detection, _bands).Values);
        Assert.Equal(float.MaxValue, new Guideline(_identity, [float.MaxValue, float.MaxValue], 1, [], LayerSelection.Detection, _bands).Values[0]);
    }

    [Fact]
    public void TheHashIsOfWhatActs()
    {
        Guideline one = new(_identity, [1, 2], 2, [], LayerSelection.Detection, _bands);
        Assert.Equal(one.Hash, new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, _bands) { Training = [] }.Hash);
        Guideline[] others =
        [
            new(_identity with { BaseModelHash = "ffff" }, [1, 2], 2, [], LayerSelection.Detection, _bands),
            new(_identity, [1, 3], 2, [], LayerSelection.Detection, _bands),
            new(_identity, [1, 2], 2, [3, 4], LayerSelection.Detection, _bands),
            new(_identity, [1, 2], 2, [], LayerSelection.All, _bands),
            new(_identity, [1, 2], 2, [], LayerSelection.Detection, _bands[..1]),
        ];
        Assert.Equal(6, others.Select(guideline => guideline.Hash).Append(one.Hash).Distinct().Count());
    }

    [Fact]
    public void WhatIsNoGuidelineCannotBeMade()
    {
        AssertRefused(() => new Guideline(_identity, [1, 2, 3], 2, [], LayerSelection.Detection, _bands), "width 2");
        AssertRefused(() => new Guideline(_identity, [], 2, [], LayerSelection.Detection, _bands), "0 values");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [1], LayerSelection.Detection, _bands), "background of 1");
        AssertRefused(() => new Guideline(_identity, [1, float.NaN], 2, [], LayerSelection.Detection, _bands), "finite");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, []), "timestep 0");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, [new(1, 0, 1)]), "timestep 0");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, [new(0, 0, 1), new(0, 0, 1)]), "in order");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, [new(0, 1, 1)]), "ceiling");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, [new(0, float.NaN, 1)]), "ceiling");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, [new(0, 0, float.PositiveInfinity)]), "ceiling");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, [new(0, 0, 1e30f)]), "never detect");
        AssertRefused(() => new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, [new(0, 0, 1), new(500, 1e6f, 2e6f)]), "never detect");
        AssertRefused(() => new Guideline(_identity, [0, 0], 2, [], LayerSelection.Detection, [new(0, 0, 1)]), "never detect");
    }

    [Theory, InlineData(0), InlineData(2)]
    public void AnythingButOneThresholdOfFinishedPicturesIsRefusedByName(int thresholds)
    {
        RedrawThresholds redrawing = new([new(500, 1)], [new(500, 1)]) { Finished = new(240, 1) };
        new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, _bands) { Redrawing = redrawing }.Save(File);
        SafeTensorsFile file = SafeTensorsFile.Load(File);
        Dictionary<string, StoredTensor> tensors = new(file.Tensors) { ["redraw_finished"] = StoredTensor.FromSingles(new float[2 * thresholds], thresholds, 2) };
        new SafeTensorsFile(tensors, file.Metadata).Save(File);
        Assert.Contains("'redraw_finished'", Assert.Throws<InvalidFileException>(() => Guideline.Load(File)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind", "eraser", "kind 'eraser'")]
    [InlineData("version", "2", "version 2")]
    [InlineData("concept", null, "no 'concept'")]
    [InlineData("layers", null, "grid factors")]
    [InlineData("training", "[1]", "damaged")]
    [InlineData("training", """{ "a": 1, "a": 2 }""", "damaged")]
    [InlineData("measured", """{ "a": "\ud800" }""", "damaged")]
    public void AFileOfAnotherKindSaysSo(string key, string? value, string expected)
    {
        new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, _bands).Save(File);
        SafeTensorsFile file = SafeTensorsFile.Load(File);
        Dictionary<string, string> metadata = new(file.Metadata);
        metadata.Remove(key);
        if (value is not null) metadata[key] = value;
        new SafeTensorsFile(file.Tensors, metadata).Save(File);
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => Guideline.Load(File)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("embedding", new long[] { 2 })]
    [InlineData("embedding", new long[] { 1, 1, 2 })]
    [InlineData("embedding", new long[] { 0, 2 })]
    [InlineData("background", new long[] { 1, 2 })]
    [InlineData("calibration", new long[] { 3, 1 })]
    [InlineData("calibration", new long[] { 0, 3 })]
    public void ATensorOfAnotherShapeIsRefused(string name, long[] shape)
    {
        new Guideline(_identity, [1, 2], 2, [3, 4], LayerSelection.Detection, _bands).Save(File);
        SafeTensorsFile file = SafeTensorsFile.Load(File);
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        Array.Fill(values, 1);
        Dictionary<string, StoredTensor> tensors = new(file.Tensors) { [name] = StoredTensor.FromSingles(values, shape) };
        new SafeTensorsFile(tensors, file.Metadata).Save(File);
        Assert.Throws<InvalidFileException>(() => Guideline.Load(File));
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(1e20f)]
    public void ABandThatBeginsAtNoTimestepIsRefused(float from)
    {
        new Guideline(_identity, [1, 2], 2, [], LayerSelection.Detection, _bands).Save(File);
        SafeTensorsFile file = SafeTensorsFile.Load(File);
        Dictionary<string, StoredTensor> tensors = new(file.Tensors) { ["calibration"] = StoredTensor.FromSingles([0, 0, 1, from, 0, 1], 2, 3) };
        new SafeTensorsFile(tensors, file.Metadata).Save(File);
        Assert.Throws<InvalidFileException>(() => Guideline.Load(File));
    }

    [Fact]
    public void DamageIsAnErrorOfTheFileOrNoDamage()
    {
        new Guideline(_identity, [1, 2, 3, 4], 2, [5, 6], LayerSelection.Detection, _bands) { Training = [] }.Save(File);
        byte[] whole = System.IO.File.ReadAllBytes(File);
        int refused = 0;
        Properties.ForAll(Damage.Several, edits =>
        {
            System.IO.File.WriteAllBytes(File, Damage.Apply(edits, whole));
            try
            {
                Assert.NotEmpty(Guideline.Load(File).Hash);
            }
            catch (InvalidFileException)
            {
                refused++;
            }
        }, count: 1000);
        Assert.True(refused > 500, $"{refused} of 1000 refused");
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertRefused(Func<Guideline> make, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(make).Message, StringComparison.Ordinal);
}
