using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.Semantic;
using SafeDiffusion.Model;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>
/// Formula layer: SEGA step for step against diffusers' whole semantic pipeline. Tolerance 1e-5 absolute, the fixture's own. Only what a
/// step asks for can be read, so the sequences also show that no needed prediction is left out.
/// </summary>
public sealed class SemanticTests
{
    private const float Tolerance = 1e-5f;

    private static readonly SafeTensorsFile _fixture = SafeTensorsFile.Load(Fixture.Locate("numerics", "guidance-sega.safetensors"));
    private static readonly JsonDocument _cases = JsonDocument.Parse(_fixture.Metadata["cases"]);
    private static readonly LatentShape _shape = new(4, 16, 16);

    public static TheoryData<string> Cases => [.. _cases.RootElement.EnumerateObject().Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void AgreesWithTheReferenceStepForStep(string name)
    {
        JsonElement options = _cases.RootElement.GetProperty(name);
        SemanticGuidance guidance = SemanticOptions.Read(options, [.. Enumerable.Range(0, options.GetProperty("concepts").GetInt32()).Select(i => $"{i}")]);
        int batch = options.GetProperty("batch").GetInt32();
        for (int picture = 0; picture < batch; picture++) Compare(name, options, guidance, batch, picture);
    }

    [Fact]
    public void DefaultsAreThoseOfTheReferenceButForTheDirection()
    {
        SemanticGuidance guidance = new() { Concepts = [new SemanticConcept { Text = "a star" }] };
        SemanticConcept expected = new()
        {
            Text = "a star",
            Direction = SemanticDirection.Away,
            Scale = 5,
            Threshold = 0.9f,
            WarmupSteps = 10,
            CooldownSteps = null,
            Weight = 1,
        };
        Assert.Equal(expected, Assert.Single(guidance.Concepts));
        Assert.Equal((0.1f, 0.4f), (guidance.MomentumScale, guidance.MomentumDecay));
    }

    [Theory]
    // Warm from step 2 and 4 on, without momentum: each concept from its warm-up to its cool-down.
    [InlineData(0f, 10, "----", "----", "a---", "a---", "ab--", "ab--", "-b--", "-b--", "-b--", "-b--")]
    // With momentum every step before the cool-down counts.
    [InlineData(0.1f, 10, "ab--", "ab--", "ab--", "ab--", "ab--", "ab--", "-b--", "-b--", "-b--", "-b--")]
    // With momentum that no step will use: as without.
    [InlineData(0.1f, 4, "----", "----", "a---", "a---")]
    public void AConceptIsEvaluatedOnlyWhereTheFormulaUsesIt(float momentumScale, int steps, params string[] needed)
    {
        SemanticGuidance guidance = new()
        {
            Concepts = [new() { Text = "a", WarmupSteps = 2, CooldownSteps = 6 }, new() { Text = "b", WarmupSteps = 4 }],
            MomentumScale = momentumScale,
        };
        NoiseGuidanceState state = guidance.Begin(FakePredictions.Context(_shape, steps, 5));
        for (int step = 0; step < steps; step++)
        {
            RowSet conditions = state.SurelyNeeds(new DenoisingStep(step, 0, steps));
            Assert.Equal(needed[step].Contains('a', StringComparison.Ordinal), conditions.Contains(new Row(2)));
            Assert.Equal(needed[step].Contains('b', StringComparison.Ordinal), conditions.Contains(new Row(3)));
        }
    }

    [Fact]
    public void AStepWithoutATermSaysWhy()
    {
        SemanticGuidance guidance = new() { Concepts = [new() { Text = "a", WarmupSteps = 1, CooldownSteps = 2 }], MomentumScale = 0 };
        Assert.Equal("warm-up, guided, cooled down", Outcomes(guidance));
        // The momentum outlasts the edit.
        Assert.Equal("warm-up, guided, guided", Outcomes(guidance with { MomentumScale = 0.1f }));
        // While another concept warms up, as where the reference divides 0 by 0.
        SemanticGuidance two = guidance with { Concepts = [.. guidance.Concepts, new() { Text = "b", WarmupSteps = 3 }] };
        Assert.Equal("warm-up, guided, cooled down, guided", Outcomes(two));
    }

    [Fact]
    public void GuidanceOfOneIsRefused() => Assert.Throws<InvalidRequestException>(
        () => new SemanticGuidance { Concepts = [new() { Text = "a" }] }.Begin(FakePredictions.Context(_shape, 10, 1)));

    private static string Outcomes(SemanticGuidance guidance)
    {
        int steps = guidance.Concepts.Length + 2;
        FakePredictions predictions = new(_shape.Length, 4);
        for (int row = 0; row < 4; row++) predictions.Set(row, Enumerable.Repeat((float)row, _shape.Length).ToArray());
        NoiseGuidanceState state = guidance.Begin(FakePredictions.Context(_shape, steps, 5));
        float[] term = new float[_shape.Length];
        return string.Join(", ", Enumerable.Range(0, steps)
            .Select(step => state.ComputeTerm(new DenoisingStep(step, 0, steps), predictions.Predictions, term).Reason ?? "guided"));
    }

    private static void Compare(string name, JsonElement options, SemanticGuidance guidance, int batch, int picture)
    {
        ReadOnlySpan<float> u = Values(name, "u"), p = Values(name, "p"), s = Values(name, "s"), guided = Values(name, "guided");
        int steps = options.GetProperty("steps").GetInt32(), concepts = guidance.Concepts.Length;
        float scale = options.GetProperty("guidance_scale").GetSingle();
        HashSet<int> undefined = [.. options.GetProperty("not_finite_steps").EnumerateArray().Select(step => step.GetInt32())];
        FakePredictions predictions = new(_shape.Length, 2 + concepts);
        NoiseGuidanceState state = guidance.Begin(FakePredictions.Context(_shape, steps, scale));
        float[] term = new float[_shape.Length];
        for (int step = 0; step < steps; step++)
        {
            DenoisingStep denoisingStep = new(step, 0, steps);
            ReadOnlySpan<float> ui = Values(u, step * batch + picture), pi = Values(p, step * batch + picture), expected = Values(guided, step * batch + picture);
            predictions.Predictions.Clear();
            RowSet needed = state.SurelyNeeds(denoisingStep);
            if (needed.Contains(Row.Unconditional)) predictions.Set(0, ui);
            for (int k = 0; k < concepts; k++)
            {
                if (needed.Contains(new Row(2 + k))) predictions.Set(2 + k, Values(s, (step * concepts + k) * batch + picture));
            }
            bool isGuided = state.ComputeTerm(denoisingStep, predictions.Predictions, term).IsGuided;
            for (int i = 0; i < _shape.Length; i++)
            {
                float plain = ui[i] + scale * (pi[i] - ui[i]);
                Assert.Equal(undefined.Contains(step) ? plain : expected[i], plain + (isGuided ? term[i] : 0), Tolerance);
            }
        }
    }

    private static ReadOnlySpan<float> Values(ReadOnlySpan<float> values, int row) => values.Slice(row * _shape.Length, _shape.Length);

    private static ReadOnlySpan<float> Values(string name, string tensor) => _fixture.Get($"{name}/{tensor}").AsSingles();
}
