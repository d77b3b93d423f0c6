namespace SafeDiffusion.Training.Erasing;

/// <summary>Formula layer: where a gate's threshold lies.</summary>
public sealed class GateCalibrationTests
{
    [Fact]
    public void TheThresholdLiesAboveAllThatIsHarmlessAndBelowTheConcept()
    {
        float threshold = GateCalibration.Threshold([0.1f, 0.3f, 0.2f], [0.9f, 0.99f, 0.95f]);
        Assert.InRange(threshold, 0.31f, 0.89f);
        // Logits of -0.847 and 2.197, and two fifths of the way between them.
        Assert.Equal(0.5916f, threshold, 0.0005f);
    }

    [Fact]
    public void WhereTheyOverlapNothingHarmlessOpensIt() => Assert.InRange(GateCalibration.Threshold([0.1f, 0.8f], [0.5f, 0.9f]), 0.8001f, 0.81f);

    [Fact]
    public void CertaintyIsNoNumberOutOfRange() => Assert.InRange(GateCalibration.Threshold([0f, 1f], [1f]), 0.99f, 0.9999999f);
}
