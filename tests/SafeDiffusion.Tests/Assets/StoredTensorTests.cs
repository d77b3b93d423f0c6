using SafeDiffusion.Core.Tensors;

namespace SafeDiffusion.Assets;

/// <summary>Formula layer: conversions of stored elements, against values computed by hand.</summary>
public sealed class StoredTensorTests
{
    [Fact]
    public void ConvertsHalvesAndBrainFloats()
    {
        Assert.Equal([1.5f, -2f], new StoredTensor(ElementType.F16, [2], new byte[] { 0x00, 0x3E, 0x00, 0xC0 }).ToSingles());
        Assert.Equal([1f, -3.140625f], new StoredTensor(ElementType.BF16, [2], new byte[] { 0x80, 0x3F, 0x49, 0xC0 }).ToSingles());
    }

    [Fact]
    public void ConvertsIntegersAndBooleans()
    {
        Assert.Equal([-1f, 127f], new StoredTensor(ElementType.I8, [2], new byte[] { 0xFF, 0x7F }).ToSingles());
        Assert.Equal([65535.0], new StoredTensor(ElementType.U16, [1], new byte[] { 0xFF, 0xFF }).ToDoubles());
        Assert.Equal([0, 1, 1], new StoredTensor(ElementType.Bool, [3], new byte[] { 0, 1, 2 }).ToInt64s());
        Assert.Equal([4294967295], new StoredTensor(ElementType.U32, [1], new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }).ToInt64s());
        Assert.Equal([long.MinValue], StoredTensor.FromInt64s([long.MinValue], 1).ToInt64s());
    }

    [Fact]
    public void RoundsDoublesToSingles() =>
        Assert.Equal([0.1f, float.PositiveInfinity], StoredTensor.FromDoubles([0.1, 1e300], 2).ToSingles());

    [Fact]
    public void RefusesWhatMakesNoSense()
    {
        Assert.Throws<InvalidOperationException>(() => StoredTensor.FromSingles([1], 1).ToInt64s());
        Assert.Throws<InvalidOperationException>(() => new StoredTensor(ElementType.C64, [1], new byte[8]).ToSingles());
        Assert.Throws<InvalidOperationException>(() => new StoredTensor(ElementType.F8E4M3, [1], new byte[1]).ToDoubles());
        Assert.Throws<InvalidOperationException>(() => StoredTensor.FromDoubles([1], 1).AsSingles().Length);
        byte[] aboveInt64 = [0, 0, 0, 0, 0, 0, 0, 0x80];
        Assert.Throws<InvalidOperationException>(() => new StoredTensor(ElementType.U64, [1], aboveInt64).ToInt64s());
        Assert.Equal([9223372036854775808f], new StoredTensor(ElementType.U64, [1], aboveInt64).ToSingles());
    }

    [Fact]
    public void ViewsSinglesWithoutACopy()
    {
        byte[] bytes = new byte[8];
        StoredTensor tensor = new(ElementType.F32, [2], bytes);
        bytes[3] = 0x40;
        Assert.Equal([2f, 0f], tensor.AsSingles());
    }

    [Fact]
    public void RefusesShapesThatDoNotFit()
    {
        Assert.Throws<ArgumentException>(() => StoredTensor.FromSingles([1, 2, 3], 2));
        Assert.Throws<ArgumentException>(() => StoredTensor.FromSingles([1, 2], -1, -2));
        Assert.Throws<ArgumentException>(() => new StoredTensor(ElementType.F32, [long.MaxValue, long.MaxValue], default));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StoredTensor((ElementType)99, [], default));
    }

    [Fact]
    public void AScalarHasNoDimensions()
    {
        StoredTensor scalar = StoredTensor.FromSingles([7]);
        Assert.Empty(scalar.Shape);
        Assert.Equal(1, scalar.Count);
        Assert.Equal("F32 []", scalar.ToString());
    }
}
