using System.Collections.Immutable;
using System.Numerics.Tensors;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Detection;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Analysis;
using SafeDiffusion.Methods.DetectAndGuide;
using SafeDiffusion.Model;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: DAG's guided prediction against the reference's (1e-5 of the largest value, in single precision), and its gate.</summary>
public sealed class DetectAndGuideTests
{
    private const float Scale = 7.5f;

    private static readonly SafeTensorsFile _fixture = SafeTensorsFile.Load(Fixture.Locate("numerics", "detection.safetensors"));
    private static readonly LatentShape _shape = new(4, 16, 16);

    private static readonly DetectionGuidance _published = new()
    {
        Guideline = GuidelineOf(),
        Preset = DetectAndGuidePreset.Published,
        Threshold = 0.01f,
    };

    [Theory]
    [InlineData("one_component")]
    [InlineData("three_components")]
    [InlineData("nothing")]
    [InlineData("undefined_above_80_percent")]
    public void GuidedPredictionIsTheReferences(string map)
    {
        AssertGuided($"guided/{map}/e_sega", Guide(_published, map, "guided/s"));
        AssertGuided($"guided/{map}/e_sld", Guide(_published with { Base = DetectAndGuideBase.SafeLatent }, map, "guided/s"));
    }

    [Fact]
    public void CorrectionsOfSeveralConceptsAddUp()
    {
        float[] first = Guide(_published, "one_component", "guided/two/s1"), second = Guide(_published, "on_the_border", "guided/two/s2");
        float[] both = new float[first.Length];
        TensorPrimitives.Add(first, second, both);
        TensorPrimitives.Subtract(both, WithoutProtection(), both);
        AssertGuided("guided/two/e_sega", both);
    }

    /// <summary>The published form knows no such limit: it is the reference's at every scale.</summary>
    [Fact]
    public void WhereValuesMayChangeGuidanceCountsNoMoreThanItMay()
    {
        DetectionGuidance limited = _published with { MaxGuidance = 5 };
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(limited, "one_component");
        float[] term = new float[_shape.Length], expected = Guide(_published, "one_component", "guided/s"), u = _fixture["guided/u"].ToSingles(), p = _fixture["guided/p"].ToSingles();
        TensorPrimitives.Subtract(expected, WithoutProtection(), expected);
        state.AlsoNeeds(Step(5), predictions.Predictions);
        state.ComputeTerm(Step(5), predictions.Predictions, term);
        ReadOnlySpan<float> map = _fixture["one_component/map"].AsSingles();
        for (int i = 0; i < term.Length; i++)
        {
            float less = map[i % map.Length] >= limited.EditThreshold ? (Scale - 5) * (p[i] - u[i]) : 0;
            Assert.Equal(expected[i] * 5 / Scale - less, term[i], 1e-4f);
        }
    }

    /// <summary>Towards something is away from it turned round, in the same places.</summary>
    [Fact]
    public void WhatIsDrawnInsteadIsLedTo()
    {
        float[] away = Guide(_published, "one_component", "guided/two/s1"), other = Guide(_published, "one_component", "guided/two/s2");
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(_published with { Instead = "a green star" }, "one_component", "guided/two/s1", "guided/two/s2");
        float[] expected = new float[_shape.Length], term = new float[_shape.Length];
        TensorPrimitives.Subtract(away, other, expected);
        Assert.Equal((RowSet)Row.Unconditional | FakePredictions.Concept | new Row(3), state.AlsoNeeds(Step(5), predictions.Predictions));
        Assert.True(state.ComputeTerm(Step(5), predictions.Predictions, term).IsGuided);
        float largest = TensorPrimitives.MaxMagnitude(expected);
        for (int i = 0; i < term.Length; i++) Assert.Equal(expected[i], term[i], 1e-5 * Math.Abs(largest));
    }

    [Theory]
    [InlineData("A red triangle ", DetectAndGuideBase.Semantic)]
    [InlineData(" ", DetectAndGuideBase.Semantic)]
    [InlineData("a green star", DetectAndGuideBase.SafeLatent)]
    public void NothingToLeadToIsRefused(string instead, DetectAndGuideBase choice)
    {
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddDetectAndGuide(_published with { Instead = instead, Base = choice }));
        Assert.Equal("protections[0].instead", error.Path);
    }

    [Fact]
    public void TheConceptIsAskedForOnlyWhereItShows()
    {
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(_published with { Rows = RowEvaluation.Lazy }, "one_component");
        Assert.Equal(Row.Prompt, state.SurelyNeeds(Step(5)));
        RowSet also = state.AlsoNeeds(Step(5), predictions.Predictions);
        Assert.Equal((RowSet)Row.Unconditional | FakePredictions.Concept, also);
        Assert.Equal(Row.Prompt, state.SurelyNeeds(Step(6)));

        predictions.Scores = _fixture["nothing/map"].ToSingles();
        Assert.True(state.AlsoNeeds(Step(6), predictions.Predictions).IsEmpty);
        Assert.Equal("nothing detected", state.ComputeTerm(Step(6), predictions.Predictions, new float[_shape.Length]).Reason);
    }

    [Fact]
    public void ABetIsPlacedWhereTheLastStepNeededTheConcept()
    {
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(_published, "one_component");
        Assert.False(state.SurelyNeeds(Step(5)).Contains(FakePredictions.Concept));
        state.AlsoNeeds(Step(5), predictions.Predictions);
        Assert.True(state.SurelyNeeds(Step(6)).Contains(FakePredictions.Concept));
        predictions.Scores = _fixture["nothing/map"].ToSingles();
        state.AlsoNeeds(Step(6), predictions.Predictions);
        Assert.False(state.SurelyNeeds(Step(7)).Contains(FakePredictions.Concept));
    }

    [Fact]
    public void OnceTheConceptWasPresentTheGateIsHeld()
    {
        DetectionGuidance holding = _published with { HoldThreshold = 0.4f, Rows = RowEvaluation.Lazy };
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(holding, "below_presence");
        Assert.True(state.AlsoNeeds(Step(5), predictions.Predictions).IsEmpty);

        predictions.Scores = _fixture["one_component/map"].ToSingles();
        Assert.False(state.AlsoNeeds(Step(6), predictions.Predictions).IsEmpty);

        // 0.488 at most: not present, and enough to go on.
        predictions.Scores = _fixture["below_presence/map"].ToSingles();
        Assert.False(state.AlsoNeeds(Step(7), predictions.Predictions).IsEmpty);
        Assert.Equal(0, state.ComputeTerm(Step(7), predictions.Predictions, new float[_shape.Length]).Detection!.Value.Area);
    }

    [Theory]
    [InlineData("one_component", 4, "outside window")]
    [InlineData("undefined_above_80_percent", 5, "mode undefined")]
    [InlineData("below_presence", 5, "nothing detected")]
    public void TheReportSaysWhyAStepIsNotGuided(string map, int step, string reason)
    {
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(_published, map);
        Assert.True(state.AlsoNeeds(Step(step), predictions.Predictions).IsEmpty);
        GuidanceOutcome outcome = state.ComputeTerm(Step(step), predictions.Predictions, new float[_shape.Length]);
        float[] values = _fixture[$"{map}/map"].ToSingles();
        Assert.Equal(reason, outcome.Reason);
        Assert.Equal(new DetectionReading(values.Max(), values.Count(value => value >= 0.5f) / 256f), outcome.Detection);
    }

    /// <summary>A score of which nothing is known must not count as nothing detected.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void AScoreThatIsNoNumberIsAnError(float score)
    {
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(_published, "nothing");
        predictions.Scores = [.. predictions.Scores!];
        predictions.Scores[100] = score;
        Assert.Equal(5, Assert.Throws<InferenceException>(() => state.AlsoNeeds(Step(5), predictions.Predictions)).Step);
    }

    [Fact]
    public void TheBandOfTheTimestepCalibrates()
    {
        Guideline guideline = GuidelineOf(new CalibrationBand(0, 0, 1), new CalibrationBand(500, 0, 4));
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(_published with { Guideline = guideline }, "one_component");
        state.AlsoNeeds(new DenoisingStep(6, 499, 50), predictions.Predictions);
        Assert.Equal(1, TensorPrimitives.Max(state.DetectionMap));
        state.AlsoNeeds(new DenoisingStep(6, 500, 50), predictions.Predictions);
        Assert.Equal(0.25f, TensorPrimitives.Max(state.DetectionMap));
    }

    [Theory]
    [InlineData("weight", 0f)]
    [InlineData("quantile", 1.5f)]
    [InlineData("editThreshold", 0f)]
    [InlineData("presenceThreshold", 0.001f)]
    [InlineData("maxMagnitude", 0.5f)]
    [InlineData("undefinedCoverage", 0f)]
    [InlineData("holdThreshold", 0.6f)]
    [InlineData("maxGuidance", 1f)]
    [InlineData("threshold", float.NaN)]
    public void ABadSettingIsNamed(string field, float value)
    {
        DetectionGuidance bad = field switch
        {
            "weight" => _published with { Weight = value },
            "quantile" => _published with { Quantile = value },
            "editThreshold" => _published with { EditThreshold = value },
            "presenceThreshold" => _published with { PresenceThreshold = value },
            "maxMagnitude" => _published with { MaxMagnitude = value },
            "undefinedCoverage" => _published with { UndefinedCoverage = value },
            "holdThreshold" => _published with { HoldThreshold = value },
            "maxGuidance" => _published with { MaxGuidance = value },
            _ => _published with { Threshold = value },
        };
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => SafetyPolicy.Empty.AddDetectAndGuide(bad));
        Assert.Equal($"protections[0].{field}", error.Path);
    }

    [Fact]
    public void GuidelinesOfOnePolicyReadTheSameLayers()
    {
        SafetyPolicy policy = SafetyPolicy.Empty.AddDetectAndGuide(_published);
        Guideline other = new(_published.Guideline.Identity, [1], 1, [], LayerSelection.ByGrid(1), [new(0, 0, 1)]);
        InvalidPolicyException error = Assert.Throws<InvalidPolicyException>(() => policy.AddDetectAndGuide(_published with { Guideline = other }));
        Assert.Equal("protections[1]", error.Path);
    }

    /// <summary>A guideline of one token whose scores are the map.</summary>
    private static Guideline GuidelineOf(params ImmutableArray<CalibrationBand> bands) => new(
        new AssetIdentity { Concept = "a red triangle", BaseModelHash = "none", Tool = "test" }, [1], 1, [], LayerSelection.Detection,
        bands.IsEmpty ? [new CalibrationBand(0, 0, 1)] : bands);

    private static DenoisingStep Step(int index) => new(index, 500, 50);

    private static (NoiseGuidanceState State, FakePredictions Predictions) Begin(
        DetectionGuidance guidance, string map, string concept = "guided/s", string instead = "guided/s")
    {
        FakePredictions predictions = new(_shape.Length, 4, _shape.Height * _shape.Width) { Scores = _fixture[$"{map}/map"].ToSingles() };
        predictions.Set(_fixture["guided/u"].ToSingles(), _fixture["guided/p"].ToSingles(), _fixture[concept].ToSingles(), _fixture[instead].ToSingles());
        return (guidance.Begin(FakePredictions.Context(_shape, 50, Scale)), predictions);
    }

    private static float[] Guide(DetectionGuidance guidance, string map, string concept)
    {
        (NoiseGuidanceState state, FakePredictions predictions) = Begin(guidance, map, concept);
        float[] guided = WithoutProtection(), term = new float[_shape.Length];
        state.AlsoNeeds(Step(5), predictions.Predictions);
        if (state.ComputeTerm(Step(5), predictions.Predictions, term).IsGuided) TensorPrimitives.Add(guided, term, guided);
        return guided;
    }

    private static float[] WithoutProtection()
    {
        float[] guided = new float[_shape.Length];
        ClassifierFreeGuidance.Combine(_fixture["guided/u"].AsSingles(), _fixture["guided/p"].AsSingles(), Scale, guided);
        return guided;
    }

    private static void AssertGuided(string name, float[] actual)
    {
        double[] expected = _fixture[name].ToDoubles();
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5 * largest);
    }
}
