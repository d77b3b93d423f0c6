using SafeDiffusion.Generation;

namespace SafeDiffusion.Denoising;

/// <summary>Formula layer: what a given picture is painted over with.</summary>
public sealed class PaintedGroundTests
{
    [Fact]
    public void CoveredCellsBecomeTheMedianOfTheOthersByChannel() =>
        Assert.Equal([1, 2, 2, 2, 5, 9, 6, 8, 8, 8], PaintedGround.Over([1, 2, 7, 7, 5, 9, 6, 0, 0, 8], [false, false, true, true, false]));

    [Fact]
    public void WhereNothingIsLeftItStaysAsItIs() => Assert.Equal([1, 2, 3, 4], PaintedGround.Over([1, 2, 3, 4], [true, true]));
}
