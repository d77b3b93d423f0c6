using SafeDiffusion.Core.Numerics;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Protections;
using SafeDiffusion.Training.Scales.Fitting;

namespace SafeDiffusion.Training.Scales;

/// <summary>Formula layer: the adapter's network, its gradient and its learning.</summary>
public sealed class PerceptronTests
{
    private static readonly FittingSettings _settings = new(Epochs: 600, LearningRate: 0.01, HarmlessTarget: -1, TakesGreatest: true, Seed: 3);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheGradientIsThatOfCentralDifferences(bool takesGreatest)
    {
        Perceptron network = new(5);
        network.Initialize(new TorchRandom(1));
        (double[][], double)[] samples = [.. Samples(5, 6).Select(sample => (sample.Responses.Select(token => token.Select(value => (value - 0.041) * 1000).ToArray()).ToArray(), (double)sample.Scale))];
        double[] gradient = new double[network.Parameters.Length], unused = new double[gradient.Length];
        AdapterFit.SquaredError(network, samples, takesGreatest, gradient);
        for (int i = 0; i < gradient.Length; i += 5)
        {
            const double Step = 1e-6;
            double value = network.Parameters[i];
            network.Parameters[i] = value + Step;
            double above = AdapterFit.SquaredError(network, samples, takesGreatest, unused);
            network.Parameters[i] = value - Step;
            double below = AdapterFit.SquaredError(network, samples, takesGreatest, unused);
            network.Parameters[i] = value;
            Assert.Equal((above - below) / (2 * Step), gradient[i], 1e-5);
        }
        Assert.True(gradient.Count(value => value != 0) > gradient.Length / 4);
    }

    /// <summary>By hand: the first step of Adam is the learning rate against the gradient's sign, whatever its size; a second equal one the same again.</summary>
    [Fact]
    public void AdamsFirstStepsAreTheLearningRate()
    {
        double[] values = [1, 1, 1];
        Adam adam = new(3, 0.1);
        adam.StepInPlace(values, [1e-3, -40, 0]);
        Assert.Equal([0.9, 1.1, 1], values.Select(value => Math.Round(value, 5)));
        adam.StepInPlace(values, [1e-3, -40, 0]);
        Assert.Equal([0.8, 1.2, 1], values.Select(value => Math.Round(value, 4)));
    }

    /// <summary>The scale stands in one layer of one token, in units far from 1: the greatest answer must follow it, and stay below 0 where there is none.</summary>
    [Fact]
    public void WhatStandsInTheResponsesIsLearned()
    {
        ScaleSample[] samples = Samples(2, 60);
        ScaleAdapter adapter = Learn(samples[..40], _settings);
        foreach (ScaleSample sample in samples[40..])
        {
            float answer = sample.Responses.Max(token => adapter.Scale(token));
            if (sample.Scale > 0) Assert.InRange(answer, sample.Scale - 1.5, sample.Scale + 1.5);
            else Assert.True(answer < 0, $"{answer}");
        }
    }

    [Fact]
    public void TheSameSamplesGiveTheSameNetwork()
    {
        FittingSettings few = _settings with { Epochs = 5 };
        Assert.Equal(Learn(Samples(3, 8), few).Hash, Learn(Samples(3, 8), few).Hash);
        Assert.NotEqual(Learn(Samples(3, 8), few).Hash, Learn(Samples(3, 8), few with { Seed = 4 }).Hash);
    }

    [Fact]
    public void ALayerThatAlwaysRespondsTheSameIsNoDivisionByZero()
    {
        ScaleSample[] samples = [.. Samples(2, 6).Select(sample => sample with { Responses = [.. sample.Responses.Select(token => new[] { token[0], 0.04f })] })];
        Assert.True(float.IsFinite(Learn(samples, _settings with { Epochs = 5 }).Scale([0.05f, 0.04f])));
    }

    [Fact]
    public void CancellationEndsLearning() => Assert.ThrowsAny<OperationCanceledException>(() => new AdapterFit(Samples(2, 4), _settings).Run(null, new CancellationToken(canceled: true)));

    private static ScaleAdapter Learn(ScaleSample[] samples, FittingSettings settings) =>
        new(new AssetIdentity { Concept = "shapes", BaseModelHash = "none", Tool = "test" }, new AdapterFit(samples, settings).Run(null, CancellationToken.None));

    /// <summary>Two tokens of small responses; every other sample has a scale of 2 to 6, which its second token's first layer tells.</summary>
    private static ScaleSample[] Samples(int layers, int count)
    {
        TorchRandom random = new(9);
        return [.. Enumerable.Range(0, count).Select(Sample)];

        ScaleSample Sample(int i)
        {
            float[] noise = new float[2 * layers];
            random.FillUniform(noise);
            float[][] tokens = [.. noise.Select(value => 0.04f + (0.002f * value)).Chunk(layers)];
            float scale = i % 2 == 0 ? 0 : 2 + (i % 5);
            if (scale > 0) tokens[1][0] = 0.05f + (0.01f * scale);
            return new(0, i, scale == 0, tokens, scale);
        }
    }
}
