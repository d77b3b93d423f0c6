using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Methods.Trajectory;
using SafeDiffusion.Model;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: trajectory steering against values computed by hand and an independent rendering in double precision.</summary>
public sealed class TrajectoryTests
{
    private static readonly TrajectorySteering _steering = new() { Concept = "a red triangle", SafeText = "a ring" };
    private static readonly Gen<float[]> _values = Gen.Choose(-1000, 1000).Select(value => value / 400f).ArrayOf(7);

    [Theory]
    // f_unsafe = 2 and f_safe = -2. At p = 1: 9 - 1 > 0; at p = -1: 1 - 9; at p = 0 both are as near, and the margin decides.
    [InlineData(1f, 0f, true)]
    [InlineData(-1f, 0f, false)]
    [InlineData(0f, 0f, false)]
    [InlineData(0f, 0.01f, true)]
    [InlineData(-1f, 8.5f, true)]
    public void ItActsWhereThePromptIsNearerToTheConcept(float p, float margin, bool acts)
    {
        float[] term = new float[1];
        GuidanceOutcome outcome = Compute(_steering with { Scale = 2, Strength = 0.75f, Margin = margin }, term, [0], [p], [1], [-1]);
        Assert.Equal((acts, acts ? null : "nearer to the safe text"), (outcome.IsGuided, outcome.Reason));
        if (acts) Assert.Equal(-0.75f * 2 * (1 - -1), term[0]);
    }

    [Fact]
    public void WithTheDefaultsAPromptThatIsTheConceptIsGuidedAsTheSafeText()
    {
        const float Scale = 7.5f;
        float[] u = [0.1f, -0.2f, 0.3f], concept = [0.5f, 0.1f, -0.2f], safe = [-0.6f, 0.4f, 0.4f], term = new float[3];
        Assert.True(Compute(_steering, term, u, concept, concept, safe).IsGuided);
        for (int i = 0; i < term.Length; i++) Assert.Equal(u[i] + Scale * (safe[i] - u[i]), u[i] + Scale * (concept[i] - u[i]) + term[i], 1e-5f);
    }

    [Theory]
    [InlineData(50, 0.5, 25)]
    [InlineData(25, 0.5, 13)]
    [InlineData(10, 1, 10)]
    [InlineData(10, 0.01, 1)]
    public void ItActsInTheFirstShareOfTheSteps(int steps, double until, int expected)
    {
        NoiseGuidanceState state = (_steering with { Until = until }).Begin(FakePredictions.Context(new LatentShape(1, 1, 1), steps, 7.5f));
        FakePredictions predictions = new(1, 4);
        predictions.Set([0f], [1f], [1f], [-1f]);
        for (int step = 0; step < steps; step++)
        {
            DenoisingStep denoisingStep = new(step, 0, steps);
            GuidanceOutcome outcome = state.ComputeTerm(denoisingStep, predictions.Predictions, new float[1]);
            Assert.Equal((step < expected, step < expected ? null : "outside window"), (outcome.IsGuided, outcome.Reason));
            Assert.Equal(step < expected ? 4 : 0, state.SurelyNeeds(denoisingStep).Count);
        }
    }

    [Fact]
    public void AgreesWithARenderingInDoublePrecision() => Properties.ForAll(
        from values in _values.ArrayOf(4)
        from scale in Gen.Choose(1, 40)
        from margin in Gen.Choose(0, 100)
        select (values, scale / 2f, margin / 10f),
        input =>
        {
            (float[][] values, float scale, float margin) = input;
            float[] term = new float[7];
            GuidanceOutcome outcome = Compute(_steering with { Scale = scale, Margin = margin }, term, values);
            double violation = Enumerable.Range(0, 7).Average(i => Square(values, i, 3, scale) - Square(values, i, 2, scale)) + margin;
            // So near to 0 the precision decides.
            if (Math.Abs(violation) > 1e-3) Assert.Equal(violation > 0, outcome.IsGuided);
            for (int i = 0; outcome.IsGuided && i < 7; i++) Assert.Equal(-0.5 * scale * ((double)values[2][i] - values[3][i]), term[i], 1e-4);
        });

    private static double Square(float[][] values, int i, int text, double scale)
    {
        double u = values[0][i], difference = values[1][i] - (u + scale * (values[text][i] - u));
        return difference * difference;
    }

    /// <param name="steering">The settings.</param>
    /// <param name="term">The term.</param>
    /// <param name="predictions">u, p, the concept's and the safe text's.</param>
    private static GuidanceOutcome Compute(TrajectorySteering steering, float[] term, params float[][] predictions)
    {
        FakePredictions fake = new(term.Length, 4);
        fake.Set(predictions);
        NoiseGuidanceState state = steering.Begin(FakePredictions.Context(new LatentShape(1, 1, term.Length), 50, 7.5f));
        return state.ComputeTerm(new DenoisingStep(0, 999, 50), fake.Predictions, term);
    }
}
