using FsCheck;
using FsCheck.Fluent;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Instrumentation.Additions;
using SafeDiffusion.Methods.SurgicalErasing;
using SafeDiffusion.Model;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula layer: the erasing signals against values computed by hand and an independent rendering in double precision.</summary>
public sealed class SurgicalErasingTests
{
    private const int Steps = 35;

    /// <summary>Eighths, and thresholds that are eighths too: every quantile is exact in both precisions, so both choose the same values.</summary>
    private static readonly Gen<float[]> _fractions = Gen.Choose(-40, 40).Select(value => value / 8f).ArrayOf(2 * 3 * 5);

    private static readonly Gen<ErasingInstruction> _instructions =
        from scale in Gen.Elements(-7.5f, -0.5f, 1f, 6.5f)
        from threshold in Gen.Choose(0, 8)
        from warmup in Gen.Choose(0, 8)
        from lowest in Gen.Choose(0, 8)
        from highest in Gen.Choose(lowest, 8)
        select new ErasingInstruction
        {
            Text = "a star",
            Scale = scale,
            Threshold = threshold / 8f,
            WarmupSteps = warmup,
            LowestTimestep = lowest / 8.0,
            HighestTimestep = highest / 8.0,
        };

    [Fact]
    public void TheLargestDifferencesOfEachChannelAreScaled()
    {
        // Magnitudes 1 2 3 4 and 10 20 30 40: the medians are 2.5 and 25.
        ErasingInstruction instruction = new() { Text = "a star", Threshold = 0.5f, WarmupSteps = 0 };
        float[] u = [1, 1, 1, 1, 0, 0, 0, 0];
        float[] s = [2, -1, 4, -3, -40, 30, -20, 10];
        Assert.Equal([0, 0, -22.5f, 30, 300, -225, 0, 0], Term(new LatentShape(2, 2, 2), [instruction], new(0, 999, Steps), u, s)!);
    }

    [Fact]
    public void InstructionsAreAdded()
    {
        ErasingInstruction[] instructions =
        [
            new() { Text = "a star", Threshold = 1, WarmupSteps = 0 },
            new() { Text = "a ring", Threshold = 0, WarmupSteps = 0, Scale = ErasingInstruction.PublishedTowardScale },
        ];
        Assert.Equal([-15 + 6.5f, 13], Term(new LatentShape(1, 1, 2), instructions, new(0, 999, Steps), [0, 0], [2, 1], [1, 2])!);
    }

    [Theory]
    [InlineData(5, 350, 1000, true)]
    [InlineData(5, 349, 1000, false)]
    [InlineData(5, 999, 1000, true)]
    [InlineData(4, 999, 1000, false)]
    [InlineData(5, 174, 499, true)]
    [InlineData(5, 173, 499, false)]
    public void TheWindowIsFromTheFlooredTimestepOnAfterTheWarmup(int index, int timestep, int trainingTimesteps, bool isActive)
    {
        SurgicalErasingGuidance guidance = new() { Instructions = [new() { Text = "a star" }] };
        NoiseGuidanceState state = guidance.Begin(FakePredictions.Context(new LatentShape(1, 1, 1), Steps, 7.5f, trainingTimesteps, AllAt(timestep)));
        DenoisingStep step = new(index, timestep, Steps);
        FakePredictions predictions = new(1, 3);
        predictions.Set([0f], [0f], [1f]);
        GuidanceOutcome outcome = state.ComputeTerm(step, predictions.Predictions, new float[1]);
        Assert.Equal((isActive, isActive ? null : "outside window"), (outcome.IsGuided, outcome.Reason));
        Assert.Equal(isActive, state.SurelyNeeds(step).Contains(FakePredictions.Concept));
    }

    [Fact]
    public void AgreesWithARenderingInDoublePrecision() => Properties.ForAll(
        from instructions in _instructions.ArrayOf().Where(list => list.Length is > 0 and < 4)
        from u in _fractions
        from s in _fractions.ArrayOf(instructions.Length)
        from index in Gen.Choose(0, Steps - 1)
        from timestep in Gen.Choose(0, 1000)
        select (instructions, u, s, index, timestep),
        input =>
        {
            float[]? term = Term(new LatentShape(2, 3, 5), input.instructions, new(input.index, input.timestep, Steps), [input.u, .. input.s]);
            double[]? expected = Signal(input.instructions, input.u, input.s, input.index, input.timestep);
            Assert.Equal(expected is null, term is null);
            for (int i = 0; i < expected?.Length; i++) Assert.Equal(expected[i], term![i], 1e-4);
        });

    /// <summary>Three values per row: u, p, p with the word scaled down.</summary>
    [Fact]
    public void TheImplicitSignalIsWhatTheWordBrings()
    {
        FakePredictions predictions = new(3, 3);
        predictions.Set([9, 9, 9], [1, 2, -3], [4, 2, 5]);
        float[] term = new float[3];
        NoiseGuidanceState state = Implicit("star", new() { Text = "", TokenFactor = 0.25f, Scale = -2 }, isEdited: false, out ProtectionContext context);
        Assert.Equal(GuidanceOutcome.Guided, state.ComputeTerm(new(0, 999, Steps), predictions.Predictions, term));
        Assert.Equal([6, 0, 16], term);
        Assert.Equal((RowSet)Row.Prompt | new Row(2), state.SurelyNeeds(new(0, 999, Steps)));
        Assert.Empty(context.Prompt.TokenScales);
    }

    /// <summary>Against a row that an inhibitor has edited the difference would take the inhibition back.</summary>
    [Fact]
    public void TheImplicitSignalIsMeasuredBetweenRowsThatNobodyEdits()
    {
        FakePredictions predictions = new(1, 4);
        predictions.Set([0], [100], [1], [3]);
        float[] term = new float[1];
        NoiseGuidanceState state = Implicit("star", new() { Text = "", TokenFactor = 0, Scale = -1 }, isEdited: true, out _);
        Assert.True(state.ComputeTerm(new(0, 999, Steps), predictions.Predictions, term).IsGuided);
        Assert.Equal([-2], term);
        Assert.Equal((RowSet)new Row(2) | new Row(3), state.SurelyNeeds(new(0, 999, Steps)));
    }

    [Theory]
    [InlineData("ring")]
    [InlineData("stars")]
    [InlineData("red star")]
    public void AWordThatThePromptDoesNotSayCostsNoRow(string word)
    {
        NoiseGuidanceState state = Implicit(word, new() { Text = "", TokenFactor = 0 }, isEdited: true, out ProtectionContext context);
        Assert.Equal(RowSet.None, state.SurelyNeeds(new(0, 999, Steps)));
        Assert.Equal(GuidanceOutcome.NotGuided("word does not occur"), state.ComputeTerm(new(0, 999, Steps), new FakePredictions(1, 2).Predictions, new float[1]));
        Assert.Equal(2, context.AddRow("another").Index);
    }

    [Fact]
    public void AnExplicitInstructionActsBesideAWordThatDoesNotOccur()
    {
        SurgicalErasingGuidance guidance = new()
        {
            Instructions = [new() { Text = "ring", TokenFactor = 0 }, new() { Text = "a ring", WarmupSteps = 0, Scale = -1, Threshold = 0 }],
        };
        NoiseGuidanceState state = guidance.Begin(FakePredictions.Context("a star", false, new LatentShape(1, 1, 1), Steps, 7.5f, timesteps: AllAt(999)));
        FakePredictions predictions = new(1, 3);
        predictions.Set([1], [0], [3]);
        float[] term = new float[1];
        GuidanceOutcome outcome = state.ComputeTerm(new(0, 999, Steps), predictions.Predictions, term);
        Assert.Equal((true, "word does not occur", -2f), (outcome.IsGuided, outcome.Reason, term[0]));
    }

    [Fact]
    public void OnlyTheImplicitSignalNeedsTheFeature()
    {
        ErasingInstruction plain = new() { Text = "star" };
        Assert.Equal(AttentionFeatures.None, new SurgicalErasingGuidance { Instructions = [plain] }.Requirements.Features);
        Assert.Equal(AttentionFeatures.Reweight, new SurgicalErasingGuidance { Instructions = [plain, plain with { TokenFactor = 0 }] }.Requirements.Features);
    }

    private static NoiseGuidanceState Implicit(string word, ErasingInstruction instruction, bool isEdited, out ProtectionContext context)
    {
        context = FakePredictions.Context("a star", isEdited, new LatentShape(1, 1, instruction.TokenFactor == 0.25f ? 3 : 1), Steps, 7.5f, timesteps: AllAt(999));
        return new SurgicalErasingGuidance { Instructions = [instruction with { Text = word }] }.Begin(context);
    }

    [Fact]
    public void GuidanceOfOneIsRefused() => Assert.Throws<InvalidRequestException>(
        () => new SurgicalErasingGuidance { Instructions = [new() { Text = "a" }] }.Begin(FakePredictions.Context(new LatentShape(1, 1, 1), 10, 1)));

    /// <summary>A plan that is at one timestep in every step, so that the timestep alone decides.</summary>
    private static int[] AllAt(int timestep) => [.. Enumerable.Repeat(timestep, Steps)];

    private static float[]? Term(LatentShape shape, ErasingInstruction[] instructions, DenoisingStep step, params float[][] predictions)
    {
        FakePredictions fake = new(shape.Length, predictions.Length + 1);
        fake.Set(0, predictions[0]);
        for (int i = 1; i < predictions.Length; i++) fake.Set(i + 1, predictions[i]);
        // Equal texts would share a row.
        IEnumerable<ErasingInstruction> apart = instructions.Select((instruction, i) => instruction with { Text = $"a star {i}" });
        NoiseGuidanceState state = new SurgicalErasingGuidance { Instructions = [.. apart] }.Begin(FakePredictions.Context(shape, Steps, 7.5f, timesteps: AllAt(step.Timestep)));
        float[] term = [.. Enumerable.Repeat(float.NaN, shape.Length)];
        return state.ComputeTerm(step, fake.Predictions, term).IsGuided ? term : null;
    }

    /// <summary>δ as it stands on paper, value by value, with a sorted channel; 2 channels of 15 values.</summary>
    private static double[]? Signal(ErasingInstruction[] instructions, float[] u, float[][] s, int index, int timestep)
    {
        const int Channel = 15;
        double[] signal = new double[u.Length];
        bool isActive = false;
        foreach ((int k, ErasingInstruction instruction) in instructions.Index())
        {
            if (index < instruction.WarmupSteps) continue;
            if (timestep < Math.Floor(instruction.LowestTimestep * 1000) || timestep > Math.Floor(instruction.HighestTimestep * 1000)) continue;
            isActive = true;
            for (int i = 0; i < u.Length; i++)
            {
                double[] sorted = [.. Enumerable.Range(i / Channel * Channel, Channel).Select(j => Math.Abs((double)s[k][j] - u[j])).Order()];
                double position = instruction.Threshold!.Value * (Channel - 1.0);
                double low = sorted[(int)Math.Floor(position)], high = sorted[(int)Math.Ceiling(position)];
                double quantile = low + (position - Math.Floor(position)) * (high - low);
                double difference = (double)s[k][i] - u[i];
                signal[i] += Math.Abs(difference) >= quantile ? instruction.Scale * difference : 0;
            }
        }
        return isActive ? signal : null;
    }
}
