using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.GrowthInhibitor;
using SafeDiffusion.Model;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Guidance;

/// <summary>Formula: where an inhibitor acts, from what detectors have found so far.</summary>
public sealed class InhibitionMaskTests
{
    private static readonly LatentShape _shape = new(4, 4, 5);

    [Fact]
    public void ItIsWhereSomethingWasFoundAndAroundIt()
    {
        float[] map = new float[20];
        InhibitionMask mask = new([new ConceptPresence(map, 0.5f)], _shape);
        map[0] = 0.49f;
        mask.Update();
        Assert.True(mask.Values.IsEmpty);
        Assert.Equal(0, mask.Area);
        (map[0], map[7]) = (0.5f, 0.1f);
        mask.Update();
        Assert.Equal([1, 1, 0, 0, 0, 1, 1, 0, 0, 0, .. new float[10]], mask.Values.Select(value => value));
        Assert.Equal(4 / 20f, mask.Area);
        map[19] = 1;
        mask.Update();
        Assert.Equal([1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1], mask.Values.Select(value => value));
    }

    /// <summary>An eighth of the shorter side: two positions of 16, eight of 64.</summary>
    [Theory]
    [InlineData(16, 24, 5)]
    [InlineData(64, 64, 17)]
    public void ItReachesAsFarAsTheGridIsLarge(int height, int width, int side)
    {
        float[] map = new float[height * width];
        map[height / 2 * width + width / 2] = 1;
        InhibitionMask mask = new([new ConceptPresence(map, 0.5f)], new LatentShape(4, height, width));
        mask.Update();
        Assert.Equal((float)side * side / map.Length, mask.Area, 1e-6f);
    }

    [Fact]
    public void WhatFadesIsKeptInTheSameArray()
    {
        float[] map = new float[20];
        InhibitionMask mask = new([new ConceptPresence(map, 0.3f)], _shape);
        map[12] = 0.3f;
        mask.Update();
        System.Collections.Immutable.ImmutableArray<float> found = mask.Values;
        map[12] = 0;
        mask.Update();
        Assert.True(found == mask.Values);
        Assert.Equal(9 / 20f, mask.Area);
    }

    [Fact]
    public void EachDetectorHasItsOwnThreshold()
    {
        float[] map = new float[20];
        map[0] = map[4] = 0.6f;
        InhibitionMask mask = new([new ConceptPresence(map, 0.7f), new ConceptPresence(new float[20], 0.1f)], _shape);
        mask.Update();
        Assert.Equal(0, mask.Area);
        mask = new([new ConceptPresence(map, 0.7f), new ConceptPresence(map, 0.6f)], _shape);
        mask.Update();
        Assert.Equal(8 / 20f, mask.Area);
    }

    [Fact]
    public void ADetectorThatDoesNotSayWhereIsRefused() =>
        Assert.Throws<InvalidRequestException>(() => new InhibitionMask([new ConceptPresence(new float[20], 0.5f), new ConceptPresence([], 1)], _shape));
}
