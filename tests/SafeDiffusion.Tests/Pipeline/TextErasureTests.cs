using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Guidance;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Methods.Subtraction;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;
using SafeDiffusion.Reporting;

namespace SafeDiffusion.Pipeline;

/// <summary>Model layer: erasures with and without a gate act where they say, and on nobody else's texts.</summary>
public sealed class TextErasureTests : IAsyncLifetime
{
    private const string Concept = "a red triangle";

    private static readonly GenerationRequest _request = new("a red triangle and a blue circle") { Seed = 4, Steps = 6, GuidanceScale = 5 };

    private SafeDiffusionPipeline _pipeline = null!;

    public async Task InitializeAsync() => _pipeline = await SafeDiffusionPipeline.LoadAsync(
        Fixture.ShapesModel, new PipelineOptions { AttentionFeatures = AttentionFeatures.Inhibit }.For(DetectingModel.Policy));

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task AClosedGateChangesNoBitAndSaysSo()
    {
        GenerationRequest harmless = _request with { Prompt = "a red circle and a blue triangle" };
        GenerationResult plain = await _pipeline.GenerateAsync(harmless);
        GenerationResult gated = await _pipeline.GenerateAsync(harmless with { Policy = Erasure(Gated()) });
        AssertSame(plain, gated);
        ErasureReport erasure = Assert.Single(gated.Report.Images[0].Erasures);
        Assert.Equal((false, 0, 0f), (erasure.Erased, erasure.Tokens, erasure.Change));
        Assert.InRange(erasure.Gate!.Value, 0.001f, 0.5f);
        Assert.Empty(erasure.OpenedBy);
        Assert.Contains("the gate stayed closed", erasure.Reason, StringComparison.Ordinal);
        Assert.Contains("changed nothing, the gate stayed closed", gated.Report.Summary, StringComparison.Ordinal);
    }

    /// <summary>What stands before the concept has not read it, and stays; the concept's token and all behind it are mapped.</summary>
    [Fact]
    public void AnOpenGateMapsFromTheTokenThatOpensIt()
    {
        TextStates text = _pipeline.EncodeText("a red triangle and a blue circle");
        LinearTextErasure erasure = Linear(Gated());
        ErasedText erased = erasure.Erase(text, Encode);
        int opened = erased.OpenedBy[0];
        Assert.Equal(text.Text!.FindSpans("red triangle").Single().End - 1, opened);
        Assert.Equal((text.Tokens - opened, null), (erased.Tokens, erased.Reason));
        for (int token = 0; token < text.Tokens; token++)
        {
            float[] expected = text.Token(token).ToArray();
            if (token >= opened) expected = [.. expected.Select(value => 2 * value)];
            Assert.Equal(expected, erased.States.Token(token));
        }
        Assert.InRange(erased.Gate!.Value, 0.99f, 1);
    }

    /// <summary>A request may keep special tokens; what stands behind an end-of-text that it spells out is read by the gate as well.</summary>
    [Fact]
    public void AnEndOfTextInThePromptHidesNothingFromTheGate()
    {
        TokenizedText tokens = Encode(Concept).Text!;
        int end = tokens.Ids[tokens.EndPosition];
        // A text of an end-of-text and then the concept, as a request that keeps special tokens gives it.
        int[] ids = [tokens.Ids[0], end, .. tokens.Ids[1..^1]];
        TokenizedText kept = tokens with { Ids = [.. ids], EndPosition = 1 };
        float[] values = new float[ids.Length * 64];
        const int Last = 4;
        values[Last * 64] = 1;
        ErasureGate gate = new([10, .. new float[63]], -5, 0.5f);
        Assert.Equal(Last, Assert.Single(gate.Read(new TextStates(kept, values, ids.Length, 64)).Open));
    }

    /// <summary>The kernel map in double precision, by its formula.</summary>
    [Fact]
    public void AKernelMapIsItsFormula()
    {
        float[] anchors = [0.5f, -1, 2, 0.25f, 1, -0.5f];
        float[] coefficients = [1, 2, -3, 0.5f, -1, 4];
        float[] state = [0.4f, -0.7f];
        float[] mapped = new float[2];
        new ErasureProjection(Identity, new KernelMap(anchors, coefficients, 2, 0.8f), null).Map(state, mapped);
        for (int i = 0; i < 2; i++)
        {
            double expected = state[i];
            for (int j = 0; j < 3; j++)
            {
                double distance = Math.Pow(state[0] - anchors[2 * j], 2) + Math.Pow(state[1] - anchors[2 * j + 1], 2);
                expected += Math.Exp(-distance / (2 * 2 * 0.64)) * coefficients[2 * j + i];
            }
            Assert.Equal(expected, mapped[i], 1e-5);
        }
    }

    /// <summary><c>e' = e - g Δ</c>, by its formula; towards another text, and for two concepts in one.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("a green star")]
    public void SubtractionIsItsFormula(string? instead)
    {
        TextStates text = _pipeline.EncodeText("a photo of a red triangle");
        float[] direction = Difference("a red triangle, a blue circle", instead ?? "");
        double[] gates = [.. new[] { Concept, "a blue circle" }.Select(concept => Gate(text, Difference(concept, instead ?? "")))];
        TextSubtraction subtraction = new() { Concepts = [Concept, "a blue circle"], Instead = instead, Threshold = 0.1f, Width = 0.1f };
        ErasedText erased = subtraction.Erase(text, Encode);
        Assert.All(gates, gate => Assert.True(gate > TextSubtraction.LeastGate));
        Assert.Equal(gates.Max(), erased.Gate!.Value, 1e-4);
        for (int i = 0; i < direction.Length; i++) Assert.Equal(text.Values[i] - gates.Max() * direction[i], erased.States.Values[i], 1e-3);

        double Gate(TextStates states, float[] by)
        {
            double dot = 0, first = 0, second = 0;
            for (int i = 0; i < by.Length; i++) (dot, first, second) = (dot + states.Values[i] * by[i], first + states.Values[i] * states.Values[i], second + by[i] * by[i]);
            return 1 / (1 + Math.Exp(-(dot / Math.Sqrt(first * second) - 0.1) / 0.1));
        }
    }

    [Fact]
    public async Task ASubtractionWhoseGateIsClosedIsInert()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddTextSubtraction(new TextSubtraction { Concepts = [Concept], Threshold = 1 });
        GenerationResult plain = await _pipeline.GenerateAsync(_request);
        GenerationResult inert = await _pipeline.GenerateAsync(_request with { Policy = policy });
        AssertSame(plain, inert);
        Assert.False(Assert.Single(inert.Report.Images[0].Erasures).Erased);
        await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(_request with { Policy = SafetyPolicy.Empty.AddTextSubtraction(Concept, "A RED TRIANGLE") }));
    }

    /// <summary>A hundred requests at once on one pipeline, by three erasures and none in turn: each gets what it gets alone.</summary>
    [Fact]
    public async Task RequestsAtOnceGetTheirOwnErasure()
    {
        SafetyPolicy[] policies =
        [
            SafetyPolicy.Empty,
            Erasure(Gated()),
            Erasure(TestProjection.Of(64, -1)),
            SafetyPolicy.Empty.AddTextSubtraction(new TextSubtraction { Concepts = [Concept], Threshold = 0 }),
        ];
        GenerationRequest[] requests = [.. policies.Select(policy => _request with { Steps = 1, Policy = policy })];
        GenerationResult[] alone = new GenerationResult[requests.Length];
        for (int i = 0; i < requests.Length; i++) alone[i] = await _pipeline.GenerateAsync(requests[i]);
        Assert.Equal(4, alone.Select(result => Convert.ToHexString(result.Images[0].Pixels.Span)).Distinct().Count());
        GenerationResult[] together = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => _pipeline.GenerateAsync(requests[i % requests.Length])));
        for (int i = 0; i < together.Length; i++) AssertSame(alone[i % requests.Length], together[i]);
    }

    /// <summary>Beside an erasure other protections keep their own texts, act by their own rows, and are reported.</summary>
    [Theory]
    [InlineData("erasure", "guidance")]
    [InlineData("subtraction", "guidance")]
    [InlineData("erasure", "steering")]
    [InlineData("erasure", "inhibitor")]
    public async Task AnErasureStandsBesideOtherProtections(string erasure, string other)
    {
        SafetyPolicy beside = other switch
        {
            "guidance" => DetectingModel.Policy,
            "steering" => SafetyPolicy.Empty.AddTrajectorySteering(Concept, "a green star"),
            _ => SafetyPolicy.Empty.AddGrowthInhibitor(Concept),
        };
        // Weak, so that what the other protection looks for is still there.
        SafetyPolicy both = erasure == "subtraction"
            ? beside.AddTextSubtraction(new TextSubtraction { Concepts = [Concept], Threshold = 0.2f, Width = 1 })
            : beside.AddTextErasure(Linear(TestProjection.Of(64, 1.25f)));
        GenerationResult alone = await _pipeline.GenerateAsync(_request with { Policy = beside });
        GenerationResult together = await _pipeline.GenerateAsync(_request with { Policy = both });
        Assert.True(Assert.Single(together.Report.Images[0].Erasures) is { Protection: 1, Erased: true });
        Assert.False(alone.Images[0].Pixels.Span.SequenceEqual(together.Images[0].Pixels.Span));
        StepReport step = together.Report.Images[0].Steps[^1];
        Assert.Equal(other == "inhibitor" ? 0 : 1, step.Terms.Count);
        Assert.Equal(other == "inhibitor" ? 1 : 0, step.Interventions.Count);
        if (other == "inhibitor") Assert.True(together.Report.Images[0].Steps[0].Interventions[0].Acted);
        if (other == "steering") Assert.True(together.Report.Images[0].Steps[0].Terms[0].Guided);
        // The null condition and the protections' own texts are as without the erasure.
        if (other == "steering") Assert.Equal(alone.Report.Images[0].Steps[0].Terms[0].Norm, together.Report.Images[0].Steps[0].Terms[0].Norm, 1e-3f * alone.Report.Images[0].Steps[0].Terms[0].Norm);
    }

    [Fact]
    public void AGatedErasureComesBackFromItsFile()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "e.safetensors");
        TextStates text = _pipeline.EncodeText(Concept);
        foreach (ErasureProjection erasure in new[] { Gated(), Named(Gated()), Logistic(), new ErasureProjection(Identity, Kernel(text.Token(3), text.Token(4)), Gated().Gate) })
        {
            erasure.Save(file);
            ErasureProjection read = ErasureProjection.Load(file);
            Assert.Equal((erasure.Hash, erasure.Form, true), (read.Hash, read.Form, read.IsGated));
            Assert.Equal(erasure.Names.AsEnumerable(), read.Names);
            Assert.Equal(Linear(erasure).Erase(text, Encode).States.Values, Linear(read).Erase(text, Encode).States.Values);
        }
    }

    /// <summary>What says a name in other words is read with the name as it was learned; where then nothing is erased, as it is.</summary>
    [Theory]
    [InlineData("a triangle that is red and a blue circle", "a red triangle and a blue circle", true)]
    [InlineData("a cross that is blue", null, false)]
    public async Task ANameInOtherWordsIsReadPlainly(string prompt, string? readAs, bool erased)
    {
        ErasureProjection projection = Named(Gated());
        GenerationResult result = await _pipeline.GenerateAsync(_request with { Prompt = prompt, Policy = Erasure(projection) });
        ErasureReport report = Assert.Single(result.Report.Images[0].Erasures);
        Assert.Equal((readAs, erased), (report.ReadAs, report.Erased));
        AssertSame(await _pipeline.GenerateAsync(_request with { Prompt = readAs ?? prompt, Policy = erased ? Erasure(projection) : SafetyPolicy.Empty }), result);
    }

    /// <summary>Each erasure's name is said plainly before any of them erases: what the first has erased is not read anew for the second.</summary>
    [Fact]
    public async Task SeveralErasuresReadOnePromptTogether()
    {
        SafetyPolicy both = Erasure(Named(Gated("a red triangle and a blue cross"), "blue cross")).AddTextErasure(Linear(Named(Gated())));
        GenerationResult said = await _pipeline.GenerateAsync(_request with { Prompt = "a triangle that is red and a cross that is blue", Policy = both });
        GenerationResult plain = await _pipeline.GenerateAsync(_request with { Prompt = "a red triangle and a blue cross", Policy = both });
        AssertSame(plain, said);
        Assert.All(said.Report.Images[0].Erasures, erasure => Assert.True(erasure.Erased));
    }

    /// <summary>A name that is replaced gives the other prompt's picture, and is reported as erased although no state was mapped.</summary>
    [Theory]
    [InlineData("a red triangle and a blue circle")]
    [InlineData("a triangle, all red and a blue circle")]
    public async Task AReplacedNameGivesTheOtherPromptsPicture(string prompt)
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddTextErasure(Linear(Named(Gated())) with { ReplaceNames = true });
        GenerationResult result = await _pipeline.GenerateAsync(_request with { Prompt = prompt, Policy = policy });
        AssertSame(await _pipeline.GenerateAsync(_request with { Prompt = "a green star and a blue circle" }), result);
        ErasureReport report = Assert.Single(result.Report.Images[0].Erasures);
        Assert.Equal((true, "a green star and a blue circle", (string?)null), (report.Erased, report.ReadAs, report.Reason));
        Assert.True(report is { Tokens: > 0, Change: > 0 });
        Assert.Contains("read as \"a green star and a blue circle\"", result.Report.Summary, StringComparison.Ordinal);
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddTextErasure(Linear(Gated()) with { ReplaceNames = true }));
        SafetyPolicy circle = policy.AddTextErasure(Linear(Named(Gated(), "green star", "red triangle")) with { ReplaceNames = true });
        await Assert.ThrowsAsync<InvalidRequestException>(() => _pipeline.GenerateAsync(_request with { Prompt = prompt, Policy = circle }));
        Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddTextErasure(Linear(Named(Gated(), "red triangle", "big red triangle")) with { ReplaceNames = true }));
    }

    private static AssetIdentity Identity => new() { Concept = Concept, BaseModelHash = "none", Tool = "test" };

    private static SafetyPolicy Erasure(ErasureProjection projection) => SafetyPolicy.Empty.AddTextErasure(Linear(projection));

    private static LinearTextErasure Linear(ErasureProjection projection) => new() { Projection = projection, AllowOtherModel = true };

    /// <summary>Twice the states, from the one on that the concept's last token has.</summary>
    private ErasureProjection Gated(string concept = Concept)
    {
        TextStates text = _pipeline.EncodeText(concept);
        ErasureProjection doubled = TestProjection.Of(64, 2);
        return new ErasureProjection(doubled.Identity, doubled.Matrix.ToArray(), 64, new ErasureGate(Kernel(text.Token(text.Text!.EndPosition - 1), [12]), -6, 0.5f));
    }

    private static ErasureProjection Named(ErasureProjection gated, string name = "red triangle", string becomes = "green star") =>
        new(gated.Identity, gated.Matrix.ToArray(), 64, gated.Gate) { Names = [new(name, becomes)] };

    private ErasureProjection Logistic()
    {
        ErasureProjection doubled = TestProjection.Of(64, 2);
        return new ErasureProjection(doubled.Identity, doubled.Matrix.ToArray(), 64, new ErasureGate(_pipeline.EncodeText(Concept).Token(3).ToArray(), -1, 0.25f));
    }

    private static KernelMap Kernel(ReadOnlySpan<float> anchor, ReadOnlySpan<float> coefficients) => new(anchor.ToArray(), coefficients.ToArray(), 64, 0.1f);

    private TextStates Encode(string text) => _pipeline.EncodeText(text);

    private float[] Difference(string concept, string instead)
    {
        float[] difference = Encode(concept).Values.ToArray();
        ReadOnlySpan<float> origin = Encode(instead).Values;
        for (int i = 0; i < difference.Length; i++) difference[i] -= origin[i];
        return difference;
    }

    private static void AssertSame(GenerationResult expected, GenerationResult actual) =>
        Assert.True(expected.Images[0].Pixels.Span.SequenceEqual(actual.Images[0].Pixels.Span));
}
