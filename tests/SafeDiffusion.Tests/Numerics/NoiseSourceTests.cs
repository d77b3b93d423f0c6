using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Numerics;

/// <summary>Formula layer: the two sources of noise.</summary>
public sealed class NoiseSourceTests
{
    [Fact]
    public void TorchNoiseGivesTheLatentsThenTheStepNoiseOfOneGenerator()
    {
        SafeTensorsFile expected = SafeTensorsFile.Load(Fixture.Locate("numerics", "randn.safetensors"));
        TorchNoise noise = new(42);
        foreach (string name in new[] { "42/seqC.0", "42/seqC.1", "42/seqC.2", "42/seqC.3" })
        {
            float[] values = new float[expected[name].ToSingles().Length];
            noise.Fill(values);
            // PyTorch's vector code approximates logarithm and cosine.
            for (int i = 0; i < values.Length; i++) Assert.Equal(expected[name].ToSingles()[i], values[i], 2e-6f);
        }
        Assert.Equal(42, noise.Seed);
    }

    [Fact]
    public void GivenNoiseHandsOutItsValuesInOrder()
    {
        float[] values = [1, 2, 3, 4, 5];
        GivenNoise noise = new(values);
        values[0] = 9;
        float[] first = new float[2];
        float[] second = new float[3];
        noise.Fill(first);
        noise.Fill(second);

        Assert.Equal([1, 2], first);
        Assert.Equal([3, 4, 5], second);
        Assert.Equal(0, noise.Remaining);
    }

    [Fact]
    public void GivenNoiseThatRunsOutIsRefusedAndNothingIsWritten()
    {
        GivenNoise noise = new([1, 2, 3]);
        float[] values = new float[4];

        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => noise.Fill(values));

        Assert.Equal("noise", error.Field);
        Assert.Contains("4 values are needed but only 3 of 3 are left", error.Reason, StringComparison.Ordinal);
        Assert.Equal([0, 0, 0, 0], values);
        Assert.Equal(3, noise.Remaining);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void GivenNoiseMustBeFinite(float value)
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => new GivenNoise([1, value]));
        Assert.Contains("finite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GivenNoiseMustHoldSomething() => Assert.Throws<InvalidRequestException>(() => new GivenNoise([]));
}
